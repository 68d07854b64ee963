//! The checks of a rule.

use std::time::Duration;

use gusset_core::ConfigError;

use super::{Matcher, Pick, Rule};
use crate::fault::ALL_PPM;
use crate::{BodyFault, Fault, Latency};

const MAX_NAME_BYTES: usize = 64;
const MAX_LATENCY: Duration = Duration::from_secs(3600);
const MAX_GRPC_CODE: u8 = 16;

impl Rule {
    /// Returns the conditions, if all settings are valid.
    pub(super) fn check(&self) -> Result<Matcher, ConfigError> {
        let error = |setting: &str, reason: &str| {
            ConfigError::new(format!("rules.{}.{setting}", self.name), reason)
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !(1..=MAX_NAME_BYTES).contains(&self.name.len()) || !self.name.bytes().all(is_name) {
            let reason = "not 1 to 64 letters, digits, `-`, `_` and `.`";
            return Err(ConfigError::new("rules.name", reason));
        }
        let shares = [
            ("fault_share_ppm", self.fault_share_ppm),
            ("body_share_ppm", self.body_share_ppm),
            (
                "delay.share_ppm",
                self.delay.as_ref().map_or(0, |delay| delay.share_ppm),
            ),
            (
                "share_ppm",
                if let Pick::SharePpm(share) = self.pick {
                    share
                } else {
                    0
                },
            ),
        ];
        if let Some((setting, _)) = shares.iter().find(|(_, share)| *share > ALL_PPM) {
            return Err(error(setting, "more than 1000000"));
        }
        if self.pick == Pick::EveryNth(0) {
            return Err(error("every_nth", "must not be zero"));
        }
        if let Some(delay) = &self.delay {
            let is_ordered = match delay.latency {
                Latency::Fixed { .. } => true,
                Latency::Uniform { min, max } => min <= max,
                Latency::LongTail { min, shape, max } => {
                    if !(shape.is_finite() && shape > 0.0) {
                        return Err(error("delay.shape", "not a number greater than zero"));
                    }
                    min <= max
                }
            };
            if !is_ordered {
                return Err(error("delay.max", "less than the least latency"));
            }
            if delay.latency.max() > MAX_LATENCY {
                return Err(error("delay.max", "longer than an hour"));
            }
        }
        match &self.fault {
            Some(Fault::Status { status }) if !(200..=599).contains(status) => {
                return Err(error("fault.status", "not from 200 to 599"));
            }
            Some(Fault::GrpcStatus { code, .. }) if *code > MAX_GRPC_CODE => {
                return Err(error("fault.code", "not from 0 to 16"));
            }
            Some(Fault::Cancel { polls: 0 }) => {
                return Err(error("fault.polls", "must not be zero"));
            }
            _ => {}
        }
        if let Some(BodyFault::RateLimit {
            bytes_per_second: 0,
        }) = self.body
        {
            return Err(error("body.bytes_per_second", "must not be zero"));
        }
        Matcher::new(self)
    }
}
