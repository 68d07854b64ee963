//! The services of a server and their statuses.

use std::borrow::Cow;
use std::sync::Arc;

use super::message::ServingStatus;
use crate::ConfigError;
use crate::state::HealthState;

const MAX_SERVICE_NAME_BYTES: usize = 200;

#[derive(Clone)]
pub(super) struct Services {
    pub(super) state: Arc<HealthState>,
    pub(super) names: Vec<Cow<'static, str>>,
}

// === impl Services ===

impl Services {
    pub(super) fn add(&mut self, name: Cow<'static, str>) -> Result<(), ConfigError> {
        let setting = || format!("grpc.service.{}", name.escape_default());
        if name.is_empty() || name.len() > MAX_SERVICE_NAME_BYTES {
            return Err(ConfigError::new(setting(), "not 1 to 200 bytes"));
        }
        if self.status(&name) != ServingStatus::ServiceUnknown {
            return Err(ConfigError::new(setting(), "already added"));
        }
        self.names.push(name);
        Ok(())
    }

    pub(super) fn status(&self, service: &str) -> ServingStatus {
        let is_ready = || self.state.is_ready(self.state.clock.now());
        let is_serving = match service {
            "liveness" => self.state.is_live(),
            "" | "readiness" => is_ready(),
            other if self.names.iter().any(|name| name == other) => is_ready(),
            _ => return ServingStatus::ServiceUnknown,
        };
        if is_serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        }
    }

    pub(super) fn statuses(&self) -> Vec<(&str, ServingStatus)> {
        let built_in = ["", "liveness", "readiness"].into_iter();
        let all = built_in.chain(self.names.iter().map(|name| &**name));
        all.map(|name| (name, self.status(name))).collect()
    }
}
