//! What determines the status of a probe, at one time.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::ProbeKind;
use crate::Status;
use crate::check::{CheckSnapshot, TrackedCheck};
use crate::state::HealthState;

pub(super) struct Facts<'a> {
    pub(super) state: &'a HealthState,
    pub(super) status: Status,
    pub(super) heartbeats: Vec<HeartbeatSnapshot<'a>>,
    pub(super) checks: Vec<(&'a TrackedCheck, CheckSnapshot)>,
}

pub(super) struct HeartbeatSnapshot<'a> {
    pub(super) name: &'a str,
    pub(super) age: Seconds,
    pub(super) alive: bool,
}

/// A duration as a JSON number in seconds. Whole seconds have no fraction: `2`, `2.5`.
#[derive(Clone, Copy)]
pub(super) struct Seconds(pub(super) Duration);

// === impl Facts ===

impl<'a> Facts<'a> {
    pub(super) fn collect(state: &'a HealthState, kind: ProbeKind, status: Status) -> Self {
        let now = state.clock.now();
        let is_relevant = |check: &&TrackedCheck| match kind {
            ProbeKind::Liveness => false,
            ProbeKind::Readiness | ProbeKind::Startup => check.affects_readiness,
            ProbeKind::Overall => true,
        };
        let heartbeats = match kind {
            ProbeKind::Startup => &[],
            ProbeKind::Liveness | ProbeKind::Readiness | ProbeKind::Overall => &*state.heartbeats,
        };
        let checks = state.checks().map(|check| &**check);
        Self {
            state,
            status,
            heartbeats: heartbeats
                .iter()
                .map(|heartbeat| HeartbeatSnapshot {
                    name: heartbeat.name(),
                    age: Seconds(heartbeat.age().unwrap_or_default()),
                    alive: heartbeat.is_alive(),
                })
                .collect(),
            checks: checks
                .filter(is_relevant)
                .map(|check| (check, check.snapshot(now)))
                .collect(),
        }
    }
}

// === impl Seconds ===

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.subsec_nanos() == 0 {
            serializer.serialize_u64(self.0.as_secs())
        } else {
            serializer.serialize_f64(self.0.as_secs_f64())
        }
    }
}
