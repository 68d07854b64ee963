//! Rules of sign-ins.

use gusset_diagnose::{Diagnosis, Severity, SignInCounts};

use super::severity;
use crate::support::{Pair, ids, secs};

const ID: &str = "sign_in.brute_force";

fn with(set: impl FnOnce(&mut SignInCounts)) -> Diagnosis {
    let mut pair = Pair::healthy();
    set(pair.now.signals.sign_ins.as_mut().unwrap());
    pair.diagnose()
}

#[test]
fn failures_of_an_account_and_a_client_have_thresholds() {
    let account = |failures| severity(&with(|it| it.max_account_failures = failures), ID);
    assert_eq!(
        [9, 10, 100].map(account),
        [None, Some(Severity::Warning), Some(Severity::Critical)]
    );
    let client = |failures| severity(&with(|it| it.max_client_failures = failures), ID);
    assert_eq!(
        [49, 50, 500].map(client),
        [None, Some(Severity::Warning), Some(Severity::Critical)]
    );
}

#[test]
fn many_addresses_that_try_each_account_once_are_found() {
    let all = |failures, attempts| {
        with(|it| {
            (it.failures, it.attempts) = (failures, attempts);
            (it.max_account_failures, it.max_client_failures) = (1, 1);
        })
    };
    assert_eq!(severity(&all(99, 100), ID), None, "too few to know");
    assert_eq!(severity(&all(1000, 10_000), ID), None);
    assert_eq!(severity(&all(150, 300), ID), Some(Severity::Warning));
    assert_eq!(severity(&all(9500, 10_000), ID), Some(Severity::Critical));
    let evidence = all(150, 300).finding(ID).unwrap().evidence[0].to_string();
    assert_eq!(
        evidence,
        "sign-ins that failed, in ten minutes: 50 % (threshold 50 %)"
    );
}

#[test]
fn slow_calls_are_not_explained_by_failed_sign_ins() {
    let mut pair = Pair::healthy();
    pair.now
        .signals
        .sign_ins
        .as_mut()
        .unwrap()
        .max_account_failures = 20;
    pair.now.snapshot.service.routes.as_mut().unwrap()[0].p99 = Some(secs(3.0));
    assert_eq!(ids(&pair.diagnose()), [ID, "path.elsewhere"]);
}
