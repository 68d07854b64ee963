//! A scenario's configuration, for the breaker.

use std::time::Duration;

use gusset_breaker::{Config, HalfOpenPolicy};
use serde_json::{Map, Value, json};

use crate::schema::{self, Policy, TimeoutTo, Window};

/// What this breaker does where others differ. A file that asks for anything else asks for another
/// breaker.
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

/// Refuses semantics that are not ours.
pub(crate) fn check_semantics(asked: &Map<String, Value>) -> Result<(), String> {
    let ours = semantics();
    for (key, value) in asked {
        let ours = ours.get(key).ok_or(format!("unknown semantics `{key}`"))?;
        // Some say in brackets what they mean.
        let first_word = |value: &Value| {
            let text = value.as_str()?;
            Some(text.split_whitespace().next()?.to_owned())
        };
        if ours != value && (first_word(ours) != first_word(value) || ours.is_boolean()) {
            return Err(format!(
                "asks for the semantics {key} = {value}, but this breaker has {ours}"
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
    } = config.map_err(|error| format!("the config is not of the schema: {error}"))?;
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
            config = config.time_window_in(size, buckets).minimum_calls(minimum);
        }
    }
    if let Some(rate) = failure_rate {
        config = config.failure_rate(rate);
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
        Some(limit) => config.half_open_max(Duration::from_millis(limit)),
        None => config.half_open_unlimited(),
    };
    if half_open_timeout_to == Some(TimeoutTo::Closed) {
        config = config.half_open_closes_when_over();
    }
    open_time(
        config,
        open_for_ms,
        open_backoff.as_ref(),
        honour_retry_after == Some(true),
        open_max_ms,
        auto_half_open == Some(true),
    )
}

fn open_time(
    mut config: Config,
    mut open_for_ms: u64,
    backoff: Option<&schema::Backoff>,
    honour: bool,
    most: Option<u64>,
    auto: bool,
) -> Result<Config, String> {
    // "min(…, cap)": a cap below the base is the base.
    if let Some(backoff) = backoff {
        open_for_ms = open_for_ms.min(backoff.max_ms);
    }
    config = config.without_open_backoff();
    if honour {
        const TEN_YEARS: u64 = 10 * 365 * 24 * 3600 * 1000;
        let most = most.unwrap_or(TEN_YEARS);
        open_for_ms = open_for_ms.min(most);
        config = config.honour_retry_after(Duration::from_millis(most));
    }
    if let Some(schema::Backoff { multiplier, max_ms }) = backoff {
        config = config.open_backoff(*multiplier, Duration::from_millis(*max_ms));
    }
    if auto {
        config = config.auto_half_open();
    }
    Ok(config.open_for(Duration::from_millis(open_for_ms)))
}
