//! The format of Spring Boot Actuator.

use serde::{Serialize, Serializer};

use super::facts::{Facts, HeartbeatSnapshot, Seconds};
use crate::Status;
use crate::check::{CheckSnapshot, TrackedCheck};

#[derive(Serialize)]
pub(super) struct Response<'a> {
    status: &'static str,
    #[serde(serialize_with = "serialize_components")]
    components: &'a Facts<'a>,
}

#[derive(Serialize)]
struct Component<'a> {
    status: &'static str,
    details: Details<'a>,
}

#[derive(Default, Serialize)]
struct Details<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

// === impl Response ===

impl<'a> Response<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        Self {
            status: status_str(facts.status),
            components: facts,
        }
    }
}

fn serialize_components<S: Serializer>(
    facts: &Facts<'_>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let heartbeats = facts
        .heartbeats
        .iter()
        .map(|heartbeat| (heartbeat.name, Component::from(heartbeat)));
    let checks = facts
        .checks
        .iter()
        .map(|(check, snapshot)| (&*check.name, Component::new(check, snapshot)));
    serializer.collect_map(heartbeats.chain(checks))
}

/// Returns the status in Spring's terms. `DEGRADED` is a custom status, which Spring allows.
fn status_str(status: Status) -> &'static str {
    match status {
        Status::Up => "UP",
        Status::Degraded => "DEGRADED",
        Status::Down => "DOWN",
        Status::Unknown => "UNKNOWN",
    }
}

// === impl Component ===

impl<'a> Component<'a> {
    fn new(check: &TrackedCheck, snapshot: &'a CheckSnapshot) -> Self {
        Self {
            status: status_str(snapshot.status),
            details: Details {
                age: None,
                role: check.dependency.as_str(),
                message: snapshot.message.as_deref(),
            },
        }
    }
}

impl From<&HeartbeatSnapshot<'_>> for Component<'_> {
    fn from(heartbeat: &HeartbeatSnapshot<'_>) -> Self {
        Self {
            status: if heartbeat.alive { "UP" } else { "DOWN" },
            details: Details {
                age: Some(heartbeat.age),
                ..Details::default()
            },
        }
    }
}
