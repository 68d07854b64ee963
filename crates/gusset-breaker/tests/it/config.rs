//! An invalid configuration is an error of `build` that names the setting.

use gusset_breaker::{CircuitBreaker, Config, HalfOpenPolicy};

use crate::support::secs;

#[track_caller]
fn assert_invalid(setting: &str, config: Config) {
    let error = CircuitBreaker::builder("stock")
        .config(config)
        .build()
        .unwrap_err();
    assert_eq!(error.setting(), setting, "{error}");
    assert!(error.to_string().starts_with(&format!("`{setting}`: ")));
}

#[test]
fn invalid_setting_is_named() {
    let new = Config::new;
    for rate in [0.0, -0.5, 1.000_001, f64::NAN, f64::INFINITY, 1e-12] {
        assert_invalid("failure_rate_threshold", new().failure_rate_threshold(rate));
        assert_invalid("slow_calls", new().slow_calls(secs(1), rate));
    }
    assert_invalid(
        "failure_rate_threshold",
        new().without_failure_rate_threshold(),
    );
    assert_invalid("failure_rate_threshold", new().without_window());
    assert_invalid(
        "failure_rate_threshold",
        new()
            .without_window()
            .consecutive_failures(1)
            .failure_rate_threshold(0.5),
    );
    assert_invalid("slow_calls", new().slow_calls(secs(0), 0.5));
    assert_invalid(
        "slow_calls",
        new()
            .without_window()
            .consecutive_failures(1)
            .slow_calls(secs(1), 0.5),
    );
    assert_invalid(
        "slow_cancelled_is_failure",
        new().slow_cancelled_is_failure(),
    );
    assert_invalid("consecutive_failures", new().consecutive_failures(0));
    assert_invalid("minimum_calls", new().minimum_calls(0));
    assert_invalid("minimum_calls", new().count_window(10).minimum_calls(11));
    assert_invalid("minimum_calls", Config::consecutive(1).minimum_calls(3));
    assert_invalid("window", new().count_window(0));
    assert_invalid("window", new().count_window(65_537));
    assert_invalid("window", new().time_window(secs(0)));
    assert_invalid("window", new().time_window_with_buckets(secs(10), 0));
    assert_invalid("window", new().time_window_with_buckets(secs(1), 2000));
    assert_invalid("window", new().time_window(secs(u64::MAX)));
    assert_invalid("half_open_calls", new().half_open_calls(0));
    assert_invalid("half_open_calls", new().half_open_calls(1001));
    let by_rate = HalfOpenPolicy::Rate;
    assert_invalid(
        "half_open_policy",
        Config::consecutive(1).half_open_policy(by_rate),
    );
    assert_invalid("max_half_open", new().max_half_open(secs(0)));
    assert_invalid("open_duration", new().open_duration(secs(0)));
    assert_invalid("open_duration", new().open_duration(secs(u64::MAX)));
    assert_invalid("open_backoff", new().open_backoff(0.5, secs(60)));
    assert_invalid("open_backoff", new().open_backoff(f64::NAN, secs(60)));
    assert_invalid("open_backoff", new().open_backoff(2.0, secs(4)));
    assert_invalid("open_jitter", new().open_jitter(1.5));
    assert_invalid("open_jitter", new().open_jitter(f64::NAN));
    assert_invalid("honour_retry_after", new().honour_retry_after(secs(4)));
    assert_invalid("honour_retry_after", new().honour_retry_after(secs(0)));

    assert_eq!(
        CircuitBreaker::builder("").build().unwrap_err().setting(),
        "name"
    );
    for shards in [0, 65] {
        assert_eq!(
            CircuitBreaker::builder("stock")
                .shards(shards)
                .build()
                .unwrap_err()
                .setting(),
            "shards"
        );
    }
}

#[test]
fn limits_are_inclusive() {
    for config in [
        Config::new(),
        Config::default(),
        Config::new().failure_rate_threshold(1.0),
        Config::new().failure_rate_threshold(0.000_001),
        Config::new().count_window(1),
        Config::new().count_window(65_536).minimum_calls(65_536),
        Config::new().half_open_calls(1000),
        Config::new().open_backoff(1.0, secs(5)),
        Config::new().open_jitter(1.0),
        Config::internal(),
        Config::third_party(),
        Config::consecutive(u32::MAX),
    ] {
        assert!(
            CircuitBreaker::builder("stock")
                .config(config)
                .build()
                .is_ok()
        );
    }
}
