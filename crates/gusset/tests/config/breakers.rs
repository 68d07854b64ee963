//! Circuit breakers inherit from a named base.

use gusset::breaker::CallResult;

use crate::build;

const FILE: &str = "
    [breakers.default]
    consecutive_failures = 2

    [breakers.lenient]
    consecutive_failures = 4
    open_duration = '1s'

    [breakers.payments]
    base = 'lenient'

    [breakers.mail]
    base = 'lenient'
    consecutive_failures = 3

    [breakers.trial]
    mode = 'dry_run'
";

/// Returns after how many failures a breaker rejects a call, at most ten.
fn failures_until_open(file: &str, name: &str) -> usize {
    let gusset = build(file, &[]).unwrap();
    let breaker = gusset.breaker(name).unwrap();
    for failures in 0..10 {
        match breaker.try_acquire() {
            Ok(permit) => permit.record(CallResult::Failure),
            Err(_) => return failures,
        }
    }
    10
}

fn error(file: &str) -> String {
    build(file, &[]).unwrap_err().to_string()
}

#[test]
fn breaker_inherits_from_its_base() {
    assert_eq!(failures_until_open(FILE, "payments"), 4);
}

#[test]
fn own_setting_overrides_the_base() {
    assert_eq!(failures_until_open(FILE, "mail"), 3);
}

#[test]
fn breaker_without_base_inherits_the_default() {
    assert_eq!(failures_until_open(FILE, "other"), 2);
    assert_eq!(failures_until_open("", "other"), 10);
}

#[test]
fn breaker_in_dry_run_admits_all_calls() {
    assert_eq!(failures_until_open(FILE, "trial"), 10);
}

#[test]
fn built_in_base_is_inherited() {
    let file = "[breakers.payments]\nbase = 'internal'\nconsecutive_failures = 5";
    assert_eq!(failures_until_open(file, "payments"), 5);
}

#[test]
fn unknown_base_is_an_error() {
    assert_eq!(
        error("[breakers.payments]\nbase = 'tolerant'"),
        "`breakers.payments.base`: `tolerant` is neither a breaker of the file nor `internal` or \
         `third_party`"
    );
}

#[test]
fn circle_of_bases_is_an_error() {
    let file = "[breakers.a]\nbase = 'b'\n[breakers.b]\nbase = 'a'";
    assert_eq!(
        error(file),
        "`breakers.a.base`: inherits from itself: a → b → a"
    );
    assert_eq!(
        error("[breakers.default]\nbase = 'default'"),
        "`breakers.default.base`: inherits from itself: default → default"
    );
}

#[test]
fn invalid_breaker_is_an_error_at_start() {
    let file = "[breakers.payments]\nfailure_rate_threshold = 2.0";
    assert!(error(file).starts_with("`breakers.payments.failure_rate_threshold`: "));
    let file = "[breakers.payments]\ntime_window = '1s'\ncount_window = 5";
    assert!(error(file).starts_with("`breakers.payments.count_window`: excludes"));
    let file = "[breakers.payments]\nslow_call_rate_threshold = 0.5";
    assert!(error(file).starts_with("`breakers.payments.slow_call_rate_threshold`: requires"));
}
