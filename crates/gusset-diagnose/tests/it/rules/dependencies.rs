//! Rules of what the service calls.

use gusset_diagnose::{Confidence, Severity};

use super::{levels, severity};
use crate::support::{Pair, ids, is_found, secs};

#[test]
fn slow_dependency_is_one_that_calls_wait_for() {
    levels("dependency.slow", [0.049, 0.51, 2.1], |it, p99| {
        it.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(p99));
    });
    // Three times its usual time, and more than 50 ms.
    let relative = |p99: f64, usual: f64| {
        let mut pair = Pair::healthy();
        pair.now.signals.usual_dependency_p99 = Some(vec![("payments".into(), secs(usual))]);
        pair.now.snapshot.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(p99));
        severity(&pair.diagnose(), "dependency.slow")
    };
    assert_eq!(relative(0.07, 0.02), Some(Severity::Warning));
    assert_eq!(relative(0.21, 0.02), Some(Severity::Critical));
    assert_eq!(relative(0.05, 0.02), None);
    assert_eq!(relative(0.04, 0.001), None, "it is fast all the same");
    // The calls compute for most of their time, or wait for something else.
    let computing = Pair::with(|it| {
        it.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(3.0));
        it.service.routes.as_mut().unwrap()[0].polled = Some(secs(25.0));
    });
    assert!(!is_found(&computing, "dependency.slow"));
    let beside = Pair::with(|it| {
        it.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(3.0));
        it.service.dependencies.as_mut().unwrap()[0].duration = Some(secs(3.0));
    });
    assert!(!is_found(&beside, "dependency.slow"));
    let unknown = Pair::with(|it| {
        it.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(3.0));
        it.service.routes = None;
    });
    assert_eq!(
        unknown.finding("dependency.slow").unwrap().confidence,
        Confidence::Medium
    );
}

#[test]
fn slow_dependency_explains_an_exhausted_pool() {
    let diagnosis = Pair::with(|it| {
        it.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(3.0));
        let pool = &mut it.service.pools.as_mut().unwrap()[0];
        pool.in_use = Some(10);
        pool.waiting = Some(20);
    });
    assert_eq!(ids(&diagnosis), ["dependency.slow"]);
    assert_eq!(diagnosis.findings[0].consequences[0].id, "pool.exhausted");
}

#[test]
fn exhausted_pool_is_full_and_calls_wait() {
    let pool = |in_use: u64, waiting: u64, wait: f64| {
        Pair::with(|it| {
            let pool = &mut it.service.pools.as_mut().unwrap()[0];
            (pool.in_use, pool.waiting) = (Some(in_use), Some(waiting));
            pool.wait_p99 = Some(secs(wait));
        })
    };
    assert_eq!(
        severity(&pool(10, 1, 0.0), "pool.exhausted"),
        Some(Severity::Warning)
    );
    assert_eq!(
        severity(&pool(10, 5, 1.5), "pool.exhausted"),
        Some(Severity::Critical)
    );
    assert!(
        !is_found(&pool(10, 0, 0.0), "pool.exhausted"),
        "all are in use, and no call waits"
    );
    assert!(
        !is_found(&pool(3, 0, 0.5), "pool.exhausted"),
        "a new connection is slow"
    );
    assert_eq!(
        pool(10, 1, 0.0).findings[0].subject.as_deref(),
        Some("database")
    );
}

#[test]
fn failing_dependency_needs_more_than_one_failure() {
    let failed = |errors: u64, calls: u64| {
        Pair::with(|it| {
            let dependency = &mut it.service.dependencies.as_mut().unwrap()[0];
            (dependency.errors, dependency.calls) = (Some(errors), Some(calls));
        })
    };
    assert_eq!(
        severity(&failed(60, 1000), "dependency.failing"),
        Some(Severity::Warning)
    );
    assert_eq!(
        severity(&failed(600, 1000), "dependency.failing"),
        Some(Severity::Critical)
    );
    assert!(!is_found(&failed(2, 2), "dependency.failing"));
}

#[test]
fn opening_connections_takes_most_of_the_time() {
    let diagnosis = Pair::with(|it| {
        let dependency = &mut it.service.dependencies.as_mut().unwrap()[0];
        dependency.dns = Some(secs(2.0));
        dependency.connect = Some(secs(4.0));
        dependency.tls = Some(secs(5.0));
    });
    assert!(is_found(&diagnosis, "dependency.connecting"));
}

#[test]
fn open_breaker_is_named() {
    let mut pair = Pair::healthy();
    pair.now.signals.open_breakers = Some(vec!["payments".into()]);
    let diagnosis = pair.diagnose();
    assert_eq!(
        diagnosis
            .finding("breaker.open")
            .unwrap()
            .subject
            .as_deref(),
        Some("payments")
    );
}

#[test]
fn service_without_dependencies_has_none_that_is_slow() {
    let diagnosis = Pair::with(|it| {
        it.service.dependencies = Some(Vec::new());
        it.service.pools = Some(Vec::new());
    });
    for id in ["dependency.slow", "dependency.failing", "pool.exhausted"] {
        assert!(diagnosis.cleared.iter().any(|kind| kind.id == id), "{id}");
    }
}
