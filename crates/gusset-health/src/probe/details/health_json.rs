//! `application/health+json` (draft-inadarei-api-health-check-06).

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::facts::{Facts, HeartbeatSnapshot, Seconds};
use crate::Status;
use crate::check::{CheckSnapshot, TrackedCheck};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response<'a> {
    status: &'static str,
    phase: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Cow<'static, str>>,
    #[serde(rename = "held")]
    manually_unready: bool,
    in_flight: usize,
    #[serde(serialize_with = "serialize_components")]
    checks: &'a Facts<'a>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Component<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    component_type: Option<&'static str>,
    status: &'static str,
    /// The draft has only three statuses. This field also distinguishes `down` from `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(rename = "decidesOnReadiness", skip_serializing_if = "Option::is_none")]
    affects_readiness: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_value: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consecutive_failures: Option<u32>,
}

// === impl Response ===

impl<'a> Response<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        let lifecycle = &facts.state.lifecycle;
        Self {
            status: status_str(facts.status),
            phase: lifecycle.phase().as_str(),
            output: lifecycle.activity(),
            manually_unready: lifecycle.state().manually_unready,
            in_flight: facts.state.in_flight.count(),
            checks: facts,
        }
    }
}

/// Writes an object of arrays, as the draft requires: `{"db": [{…}]}`.
fn serialize_components<S: Serializer>(
    facts: &Facts<'_>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let heartbeats = facts
        .heartbeats
        .iter()
        .map(|heartbeat| (heartbeat.name, [Component::from(heartbeat)]));
    let checks = facts
        .checks
        .iter()
        .map(|(check, snapshot)| (&*check.name, [Component::new(check, snapshot)]));
    serializer.collect_map(heartbeats.chain(checks))
}

fn status_str(status: Status) -> &'static str {
    match status {
        Status::Up => "pass",
        Status::Degraded => "warn",
        Status::Down | Status::Unknown => "fail",
    }
}

// === impl Component ===

impl<'a> Component<'a> {
    fn new(check: &TrackedCheck, snapshot: &'a CheckSnapshot) -> Self {
        let run = snapshot.last_duration.zip(snapshot.age);
        Self {
            component_type: check.dependency.as_str(),
            status: status_str(snapshot.status),
            verdict: Some(snapshot.status.as_str()),
            affects_readiness: Some(check.affects_readiness),
            output: snapshot.message.as_deref(),
            observed_value: run.map(|(duration, _)| Seconds(duration)),
            observed_unit: run.map(|_| "s"),
            age: run.map(|(_, age)| Seconds(age)),
            since: snapshot.status_age.map(Seconds),
            consecutive_failures: Some(snapshot.failures),
        }
    }
}

impl From<&HeartbeatSnapshot<'_>> for Component<'_> {
    fn from(heartbeat: &HeartbeatSnapshot<'_>) -> Self {
        Self {
            component_type: Some("heartbeat"),
            status: if heartbeat.alive { "pass" } else { "fail" },
            observed_value: Some(heartbeat.age),
            observed_unit: Some("s"),
            ..Self::default()
        }
    }
}
