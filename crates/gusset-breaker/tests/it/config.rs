//! Bad configuration is an error when it is built, and names the field.

use gusset_breaker::{Breaker, Config, HalfOpenPolicy};

use crate::support::secs;

#[track_caller]
fn refused(field: &str, config: Config) {
    let error = Breaker::builder("stock")
        .config(config)
        .build()
        .unwrap_err();
    assert_eq!(error.field(), field, "{error}");
    assert!(
        error
            .to_string()
            .starts_with(&format!("`{field}` cannot be used: "))
    );
}

#[test]
fn each_field_that_cannot_be_used_is_named() {
    let new = Config::new;
    for rate in [0.0, -0.5, 1.000_001, f64::NAN, f64::INFINITY, 1e-12] {
        refused("failure_rate", new().failure_rate(rate));
        refused("slow_calls", new().slow_calls(secs(1), rate));
    }
    refused("failure_rate", new().without_failure_rate());
    refused("failure_rate", new().without_window());
    refused(
        "failure_rate",
        new()
            .without_window()
            .consecutive_failures(1)
            .failure_rate(0.5),
    );
    refused("slow_calls", new().slow_calls(secs(0), 0.5));
    refused(
        "slow_calls",
        new()
            .without_window()
            .consecutive_failures(1)
            .slow_calls(secs(1), 0.5),
    );
    refused("slow_cancels_fail", new().slow_cancels_fail());
    refused("consecutive_failures", new().consecutive_failures(0));
    refused("minimum_calls", new().minimum_calls(0));
    refused("minimum_calls", new().count_window(10).minimum_calls(11));
    refused("minimum_calls", Config::in_a_row(1).minimum_calls(3));
    refused("window", new().count_window(0));
    refused("window", new().count_window(65_537));
    refused("window", new().time_window(secs(0)));
    refused("window", new().time_window_in(secs(10), 0));
    refused("window", new().time_window_in(secs(1), 2000));
    refused("window", new().time_window(secs(u64::MAX)));
    refused("half_open_calls", new().half_open_calls(0));
    refused("half_open_calls", new().half_open_calls(1001));
    let by_rate = HalfOpenPolicy::Rate;
    refused(
        "half_open_policy",
        Config::in_a_row(1).half_open_policy(by_rate),
    );
    refused("half_open_max", new().half_open_max(secs(0)));
    refused("open_for", new().open_for(secs(0)));
    refused("open_for", new().open_for(secs(u64::MAX)));
    refused("open_backoff", new().open_backoff(0.5, secs(60)));
    refused("open_backoff", new().open_backoff(f64::NAN, secs(60)));
    refused("open_backoff", new().open_backoff(2.0, secs(4)));
    refused("open_jitter", new().open_jitter(1.5));
    refused("open_jitter", new().open_jitter(f64::NAN));
    refused("honour_retry_after", new().honour_retry_after(secs(4)));
    refused("honour_retry_after", new().honour_retry_after(secs(0)));

    assert_eq!(Breaker::builder("").build().unwrap_err().field(), "name");
    for lanes in [0, 65] {
        assert_eq!(
            Breaker::builder("stock")
                .lanes(lanes)
                .build()
                .unwrap_err()
                .field(),
            "lanes"
        );
    }
}

#[test]
fn what_is_at_the_edge_can_be_used() {
    for config in [
        Config::new(),
        Config::default(),
        Config::new().failure_rate(1.0),
        Config::new().failure_rate(0.000_001),
        Config::new().count_window(1),
        Config::new().count_window(65_536).minimum_calls(65_536),
        Config::new().half_open_calls(1000),
        Config::new().open_backoff(1.0, secs(5)),
        Config::new().open_jitter(1.0),
        Config::internal(),
        Config::third_party(),
        Config::in_a_row(u32::MAX),
    ] {
        assert!(Breaker::builder("stock").config(config).build().is_ok());
    }
}
