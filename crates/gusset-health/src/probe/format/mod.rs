//! The shapes of answers.

mod health_json;
mod microprofile;
mod spring;

use bytes::Bytes;
use http::HeaderValue;

use super::{Which, json::Json};
use crate::check::{Seen, Watched};
use crate::{Health, Status};

/// The shape of an answer.
///
/// ```
/// use gusset_health::{Format, Health};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().format(Format::Spring).build()?;
/// let as_others_ask = health.readyz().with_format(Format::MicroProfile);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `application/health+json`, as in draft-inadarei-api-health-check: pass, warn, fail.
    #[default]
    HealthJson,
    /// Spring Boot Actuator's: UP, DOWN, `components`.
    Spring,
    /// MicroProfile Health's: UP, DOWN, `checks`.
    MicroProfile,
}

// === impl Format ===

impl Format {
    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::HealthJson => "application/health+json",
            Self::Spring => "application/vnd.spring-boot.actuator.v3+json",
            Self::MicroProfile => "application/json",
        })
    }

    /// Pass or fail, and nothing else.
    pub(super) fn verdict(self, passes: bool) -> Bytes {
        Bytes::from_static(match (self, passes) {
            (Self::HealthJson, true) => br#"{"status":"pass"}"#,
            (Self::HealthJson, false) => br#"{"status":"fail"}"#,
            (Self::Spring, true) => br#"{"status":"UP"}"#,
            (Self::Spring, false) => br#"{"status":"DOWN"}"#,
            (Self::MicroProfile, true) => br#"{"status":"UP","checks":[]}"#,
            (Self::MicroProfile, false) => br#"{"status":"DOWN","checks":[]}"#,
        })
    }

    /// All that the answer rests on.
    pub(super) fn details(self, health: &Health, which: Which, status: Status) -> String {
        let facts = Facts::gather(health, which, status);
        let mut json = Json::default();
        json.element(|json| match self {
            Self::HealthJson => health_json::write(json, &facts),
            Self::Spring => spring::write(json, &facts),
            Self::MicroProfile => microprofile::write(json, &facts),
        });
        json.into_string()
    }
}

/// What an answer rests on, at one time.
struct Facts<'a> {
    health: &'a Health,
    which: Which,
    status: Status,
    checks: Vec<(&'a Watched, Seen)>,
}

impl<'a> Facts<'a> {
    fn gather(health: &'a Health, which: Which, status: Status) -> Self {
        let now = health.0.clock.now();
        let asked = |check: &&Watched| match which {
            // Liveness has nothing to do with checks.
            Which::Live => false,
            Which::Ready | Which::Started => check.gates,
            Which::Whole => true,
        };
        let checks = health.0.checks.iter().map(|check| &**check);
        Self {
            health,
            which,
            status,
            checks: checks
                .filter(asked)
                .map(|check| (check, check.see(now)))
                .collect(),
        }
    }

    /// The heartbeats that the answer rests on: name, seconds since the last, whether it is in time.
    fn beats(&self) -> impl Iterator<Item = (&'a str, f64, bool)> + use<'a> {
        let asked = !matches!(self.which, Which::Started);
        let beats = self.health.0.beats.iter().filter(move |_| asked);
        beats.map(|beat| {
            let age = beat.age().unwrap_or_default();
            (beat.name(), age.as_secs_f64(), beat.is_alive())
        })
    }
}
