//! The format of MicroProfile Health. It has only two statuses.

use serde::Serialize;

use super::facts::{Facts, HeartbeatSnapshot, Seconds};
use crate::Status;
use crate::check::{CheckSnapshot, TrackedCheck};

#[derive(Serialize)]
pub(super) struct Response<'a> {
    status: &'static str,
    checks: Vec<Component<'a>>,
}

#[derive(Serialize)]
struct Component<'a> {
    name: &'a str,
    status: &'static str,
    data: Data<'a>,
}

#[derive(Default, Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    degraded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

// === impl Response ===

impl<'a> Response<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        let heartbeats = facts.heartbeats.iter().map(Component::from);
        let checks = facts
            .checks
            .iter()
            .map(|(check, snapshot)| Component::new(check, snapshot));
        Self {
            status: status_str(facts.status.is_available()),
            checks: heartbeats.chain(checks).collect(),
        }
    }
}

fn status_str(is_up: bool) -> &'static str {
    if is_up { "UP" } else { "DOWN" }
}

// === impl Component ===

impl<'a> Component<'a> {
    fn new(check: &'a TrackedCheck, snapshot: &'a CheckSnapshot) -> Self {
        Self {
            name: &check.name,
            status: status_str(snapshot.status.is_available()),
            data: Data {
                age: None,
                role: check.dependency.as_str(),
                degraded: (snapshot.status == Status::Degraded).then_some(true),
                message: snapshot.message.as_deref(),
            },
        }
    }
}

impl<'a> From<&HeartbeatSnapshot<'a>> for Component<'a> {
    fn from(heartbeat: &HeartbeatSnapshot<'a>) -> Self {
        Self {
            name: heartbeat.name,
            status: status_str(heartbeat.alive),
            data: Data {
                age: Some(heartbeat.age),
                ..Data::default()
            },
        }
    }
}
