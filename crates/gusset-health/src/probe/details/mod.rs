//! The bodies of detailed responses, as JSON.

mod facts;
mod health_json;
mod microprofile;
mod spring;

use self::facts::Facts;
use super::ProbeKind;
use crate::state::HealthState;
use crate::{ResponseFormat, Status};

/// Writes everything that determines the status of a probe.
pub(super) fn to_json(
    format: ResponseFormat,
    state: &HealthState,
    kind: ProbeKind,
    status: Status,
) -> String {
    let facts = Facts::collect(state, kind, status);
    let json = match format {
        ResponseFormat::HealthJson => serde_json::to_string(&health_json::Response::new(&facts)),
        ResponseFormat::Spring => serde_json::to_string(&spring::Response::new(&facts)),
        ResponseFormat::MicroProfile => serde_json::to_string(&microprofile::Response::new(&facts)),
    };
    json.expect("all keys are strings, and no value fails to serialize")
}
