//! Converts the configuration of a scenario.

use std::time::Duration;

use gusset_breaker::{Config, HalfOpenPolicy};
use serde_json::{Map, Value, json};

use crate::schema::{self, Policy, TimeoutTo, Window};

/// Returns the behaviour of this breaker where others differ.
pub(crate) fn semantics() -> Map<String, Value> {
    let ours = json!({
        "rate_cmp": ">=", "slow_cmp": ">", "open_cmp": ">=", "late": "discard",
        "cancel": "release", "panic": "failure", "half_open_eval": "full",
        "half_open_permits": "per_cycle", "eval_on": "any", "attribute": "completion",
        "clamp_min_to_window": true, "full_window_required": false, "window_edge": "excl",
    });
    match ours {
        Value::Object(ours) => ours,
        _ => Map::new(),
    }
}

/// Rejects semantics that this breaker does not have.
pub(crate) fn check_semantics(requested: &Map<String, Value>) -> Result<(), String> {
    let ours = semantics();
    for (key, value) in requested {
        let ours = ours.get(key).ok_or(format!("unknown semantics `{key}`"))?;
        // Some values have an explanation in brackets.
        let first_word = |value: &Value| {
            let text = value.as_str()?;
            Some(text.split_whitespace().next()?.to_owned())
        };
        if ours != value && (first_word(ours) != first_word(value) || ours.is_boolean()) {
            return Err(format!(
                "semantics {key} = {value} are not supported, this breaker has {ours}"
            ));
        }
    }
    Ok(())
}

pub(crate) fn configure(object: &Map<String, Value>) -> Result<Config, String> {
    let config = serde_json::from_value(Value::Object(object.clone()));
    let schema::Config {
        window,
        minimum_calls,
        failure_rate,
        slow_call_duration_ms,
        slow_call_rate,
        consecutive_failures,
        half_open_calls,
        half_open_policy,
        half_open_max_ms,
        half_open_timeout_to,
        open_for_ms,
        open_backoff,
        honour_retry_after,
        open_max_ms,
        auto_half_open,
        semantics,
    } = config.map_err(|error| format!("the config does not match the schema: {error}"))?;
    check_semantics(&semantics)?;

    let mut config = Config::new().open_jitter(0.0).without_window();
    let mut minimum = minimum_calls.unwrap_or(1);
    match window {
        None => {}
        Some(Window::Count { size }) => {
            minimum = minimum.min(size);
            config = config.count_window(size).minimum_calls(minimum);
        }
        Some(Window::Time { size, bucket_ms }) => {
            if bucket_ms == 0 || size % bucket_ms != 0 {
                return Err(format!(
                    "a window of {size} ms in buckets of {bucket_ms} ms"
                ));
            }
            let buckets = u32::try_from(size / bucket_ms).unwrap_or(u32::MAX);
            let size = Duration::from_millis(size);
            config = config
                .time_window_with_buckets(size, buckets)
                .minimum_calls(minimum);
        }
    }
    if let Some(rate) = failure_rate {
        config = config.failure_rate_threshold(rate);
    }
    match (slow_call_duration_ms, slow_call_rate) {
        (Some(after), Some(rate)) => {
            config = config.slow_calls(Duration::from_millis(after), rate);
        }
        (None, Some(_)) => return Err("slow_call_rate without slow_call_duration_ms".into()),
        (_, None) => {}
    }
    if let Some(failures) = consecutive_failures {
        config = config.consecutive_failures(failures);
    }
    let policy = match half_open_policy {
        Some(Policy::AnyFailureOpens) => HalfOpenPolicy::AnyFailure,
        Some(Policy::Rate) | None if failure_rate.is_some() => HalfOpenPolicy::Rate,
        Some(Policy::Rate) => return Err("half_open_policy rate needs failure_rate".into()),
        None => HalfOpenPolicy::AnyFailure,
    };
    config = config
        .half_open_calls(half_open_calls)
        .half_open_policy(policy);
    config = match half_open_max_ms {
        Some(limit) => config.max_half_open(Duration::from_millis(limit)),
        None => config.no_half_open_timeout(),
    };
    if half_open_timeout_to == Some(TimeoutTo::Closed) {
        config = config.close_on_half_open_timeout();
    }
    configure_open(
        config,
        open_for_ms,
        open_backoff.as_ref(),
        honour_retry_after == Some(true),
        open_max_ms,
        auto_half_open == Some(true),
    )
}

fn configure_open(
    mut config: Config,
    mut open_duration_ms: u64,
    backoff: Option<&schema::Backoff>,
    honour: bool,
    max: Option<u64>,
    auto: bool,
) -> Result<Config, String> {
    // The schema defines `min(…, cap)`, so a cap below the base replaces it.
    if let Some(backoff) = backoff {
        open_duration_ms = open_duration_ms.min(backoff.max_ms);
    }
    config = config.without_open_backoff();
    if honour {
        const TEN_YEARS_MS: u64 = 10 * 365 * 24 * 3600 * 1000;
        let max = max.unwrap_or(TEN_YEARS_MS);
        open_duration_ms = open_duration_ms.min(max);
        config = config.honour_retry_after(Duration::from_millis(max));
    }
    if let Some(schema::Backoff { multiplier, max_ms }) = backoff {
        config = config.open_backoff(*multiplier, Duration::from_millis(*max_ms));
    }
    if auto {
        config = config.auto_half_open();
    }
    Ok(config.open_duration(Duration::from_millis(open_duration_ms)))
}
