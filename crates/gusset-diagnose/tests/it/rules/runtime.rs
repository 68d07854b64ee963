//! Rules of the asynchronous runtime.

use gusset_diagnose::{Confidence, Severity};

use super::{levels, severity};
use crate::support::{Pair, ids, is_found, secs};

#[test]
fn one_busy_worker_is_one_task() {
    let busy = |first: f64, second: f64| {
        Pair::with(|it| {
            it.runtime.busy = Some(vec![secs(first), secs(second)]);
            it.process.user_time = Some(secs(first + second));
        })
    };
    assert!(is_found(&busy(9.5, 1.0), "cpu.one_worker"));
    assert!(!is_found(&busy(9.5, 9.0), "cpu.one_worker"));
    assert!(!is_found(&busy(8.0, 1.0), "cpu.one_worker"));
}

/// The three cases that were measured with two workers: what is busy is not always working.
#[test]
fn blocking_code_is_not_contention() {
    let case = |busy: f64, cpu_of_busy: f64, delay_of_busy: f64| {
        Pair::with(|it| {
            let busy = 10.0 * busy;
            it.runtime.busy = Some(vec![secs(busy), secs(busy)]);
            it.process.user_time = Some(secs(2.0 * busy * cpu_of_busy));
            it.process.system_time = Some(secs(0.0));
            it.process.run_delay = Some(secs(2.0 * busy * delay_of_busy));
        })
    };
    let spinning = case(0.91, 0.27, 0.84);
    assert!(is_found(&spinning, "runtime.contended"));
    assert!(!is_found(&spinning, "runtime.blocked"));
    let sleeping = case(0.80, 0.004, 0.02);
    assert_eq!(
        severity(&sleeping, "runtime.blocked"),
        Some(Severity::Critical)
    );
    assert!(!is_found(&sleeping, "runtime.contended"));
    let idle = case(0.001, 0.5, 0.5);
    assert!(idle.is_clear(), "{idle}");
    let working = case(0.91, 0.95, 0.05);
    assert!(!is_found(&working, "runtime.blocked") && !is_found(&working, "runtime.contended"));
}

#[test]
fn unknown_run_delay_makes_blocking_less_certain() {
    let diagnosis = Pair::with(|it| {
        it.runtime.busy = Some(vec![secs(8.0), secs(8.0)]);
        it.process.user_time = Some(secs(0.1));
        it.process.run_delay = None;
    });
    let finding = diagnosis.finding("runtime.blocked").unwrap();
    assert_eq!(finding.confidence, Confidence::Medium);
    assert_eq!(finding.unknown, ["run-queue delay of the process"]);
}

#[test]
fn blocked_workers_name_the_route_with_long_polls() {
    let diagnosis = Pair::with(|it| {
        it.runtime.busy = Some(vec![secs(8.0), secs(8.0)]);
        it.process.user_time = Some(secs(0.1));
        it.runtime.lag_p99 = Some(secs(0.2));
        it.service.routes.as_mut().unwrap()[0].slow_polls = Some(50);
    });
    assert_eq!(ids(&diagnosis), ["runtime.blocked"]);
    let finding = &diagnosis.findings[0];
    assert_eq!(finding.subject.as_deref(), Some("/orders"));
    let consequences: Vec<_> = finding.consequences.iter().map(|kind| kind.id).collect();
    assert_eq!(consequences, ["runtime.long_polls", "runtime.lag"]);
}

#[test]
fn lag_queue_and_long_polls_have_thresholds() {
    levels("runtime.lag", [0.0049, 0.0051, 0.051], |it, value| {
        it.runtime.lag_p99 = Some(secs(value));
    });
    levels("runtime.queue", [99.0, 100.0, 1000.0], |it, value| {
        it.runtime.global_queue = Some(value as u64);
    });
    // In ten seconds; the thresholds are by minute.
    levels("runtime.long_polls", [0.0, 1.0, 10.0], |it, value| {
        it.service.routes.as_mut().unwrap()[0].slow_polls = Some(value as u64);
    });
}
