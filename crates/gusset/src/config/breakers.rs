//! Circuit breakers by name, which inherit from others.

use std::collections::BTreeMap;

use gusset_breaker::{CircuitBreaker, CircuitBreakerBuilder, Config as Rules};
use gusset_core::ConfigError;
use serde_json::Value;

use super::{BreakerConfig, BreakerMode, Config};

/// The base of breakers that name none.
const DEFAULT_BASE: &str = "default";

/// The breakers of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breakers(BTreeMap<String, BreakerConfig>);

/// A breaker with everything that it inherits.
#[derive(Debug)]
struct Resolved {
    rules: Rules,
    config: BreakerConfig,
}

// === impl Breakers ===

impl Breakers {
    /// Returns the breakers, each of which is valid.
    pub(super) fn new(config: &Config) -> Result<Self, ConfigError> {
        let breakers = Self(config.breakers.clone());
        for name in config.breakers.keys() {
            breakers
                .builder(name)?
                .build()
                .map_err(|error| at(name, error.setting(), error.reason()))?;
        }
        Ok(breakers)
    }

    /// Returns the builder of a breaker. One that the file does not name has the default base.
    pub(crate) fn builder(&self, name: &str) -> Result<CircuitBreakerBuilder, ConfigError> {
        let builder = CircuitBreaker::builder(name);
        let first = match self.0.contains_key(name) {
            true => name,
            false if self.0.contains_key(DEFAULT_BASE) => DEFAULT_BASE,
            false => return Ok(builder),
        };
        let resolved = self.resolve(first)?;
        let rules = rules(resolved.rules, &resolved.config)
            .map_err(|(setting, reason)| at(name, setting, reason))?;
        let builder = builder.config(rules);
        Ok(match resolved.config.mode {
            None | Some(BreakerMode::Active) => builder,
            Some(BreakerMode::DryRun) => builder.dry_run(),
            Some(BreakerMode::Disabled) => builder.disabled(),
        })
    }

    /// Returns a breaker of the file with the settings of its base, and so on.
    fn resolve(&self, first: &str) -> Result<Resolved, ConfigError> {
        let mut chain: Vec<&str> = Vec::new();
        let mut next = Some(first);
        let mut rules = Rules::new();
        while let Some(name) = next {
            let Some(config) = self.0.get(name) else {
                rules = match name {
                    "internal" => Rules::internal(),
                    "third_party" => Rules::third_party(),
                    _ => {
                        let by = chain.last().copied().unwrap_or_default();
                        let reason = format!(
                            "`{name}` is neither a breaker of the file nor `internal` or `third_party`"
                        );
                        return Err(at(by, "base", reason));
                    }
                };
                break;
            };
            if chain.contains(&name) {
                let reason = format!("inherits from itself: {} → {name}", chain.join(" → "));
                return Err(at(name, "base", reason));
            }
            chain.push(name);
            let has_default = name != DEFAULT_BASE && self.0.contains_key(DEFAULT_BASE);
            next = config
                .base
                .as_deref()
                .or(has_default.then_some(DEFAULT_BASE));
        }
        let mut merged = Value::Object(serde_json::Map::new());
        for name in chain.into_iter().rev() {
            let config = serde_json::to_value(&self.0[name]).expect("all keys are texts");
            let (Value::Object(merged), Value::Object(own)) = (&mut merged, config) else {
                continue;
            };
            // Two kinds of windows exclude each other.
            if own.contains_key("time_window") {
                merged.remove("count_window");
            } else if own.contains_key("count_window") {
                merged.remove("time_window");
            }
            merged.extend(own);
        }
        Ok(Resolved {
            rules,
            config: serde_json::from_value(merged).expect("parts of valid settings are valid"),
        })
    }
}

fn at(name: &str, setting: &str, reason: impl std::fmt::Display) -> ConfigError {
    ConfigError::new(format!("breakers.{name}.{setting}"), reason)
}

/// Applies what is set.
fn rules(mut rules: Rules, config: &BreakerConfig) -> Result<Rules, (&'static str, &'static str)> {
    match (config.time_window, config.count_window) {
        (Some(_), Some(_)) => return Err(("count_window", "excludes `time_window`")),
        (Some(size), None) => rules = rules.time_window(size),
        (None, Some(calls)) => rules = rules.count_window(calls),
        (None, None) => {}
    }
    if let Some(calls) = config.minimum_calls {
        rules = rules.minimum_calls(calls);
    }
    if let Some(ratio) = config.failure_rate_threshold {
        rules = rules.failure_rate_threshold(ratio);
    }
    match (config.slow_call_duration, config.slow_call_rate_threshold) {
        (Some(duration), ratio) => rules = rules.slow_calls(duration, ratio.unwrap_or(1.0)),
        (None, Some(_)) => {
            return Err(("slow_call_rate_threshold", "requires `slow_call_duration`"));
        }
        (None, None) => {}
    }
    if let Some(failures) = config.consecutive_failures {
        rules = rules.consecutive_failures(failures);
    }
    if let Some(calls) = config.half_open_calls {
        rules = rules.half_open_calls(calls);
    }
    if let Some(limit) = config.max_half_open {
        rules = rules.max_half_open(limit);
    }
    if let Some(duration) = config.open_duration {
        rules = rules.open_duration(duration);
    }
    let (multiplier, max) = (config.open_backoff_multiplier, config.max_open_duration);
    if multiplier.is_some() || max.is_some() {
        const DEFAULT_MULTIPLIER: f64 = 2.0;
        const DEFAULT_MAX: std::time::Duration = std::time::Duration::from_secs(60);
        rules = rules.open_backoff(
            multiplier.unwrap_or(DEFAULT_MULTIPLIER),
            max.unwrap_or(DEFAULT_MAX),
        );
    }
    if let Some(ratio) = config.open_jitter {
        rules = rules.open_jitter(ratio);
    }
    if let Some(max) = config.honour_retry_after {
        rules = rules.honour_retry_after(max);
    }
    Ok(rules)
}
