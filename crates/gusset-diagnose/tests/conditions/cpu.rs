//! Handlers that compute, and handlers that block.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use gusset_core::Clock;

use crate::readings::{Readings, assert_named};
use crate::server::Server;

fn burn(time: Duration) {
    let end = Clock::system().now() + time;
    while Clock::system().now() < end {
        black_box((0..1000_u64).sum::<u64>());
    }
}

#[test]
fn computing_handlers_are_bound_by_the_cpu() {
    let cpus = thread::available_parallelism().unwrap().get();
    let server = Server::start(2 * cpus, || async { burn(Duration::from_millis(50)) });
    let mut readings = Readings::of_service(server.handle(), &server.calls);
    let diagnosis = readings.until_named("cpu.saturated", |until| server.load(2 * cpus, until));
    assert_named(&diagnosis, "cpu.saturated");
    assert!(diagnosis.finding("runtime.blocked").is_none());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the mistake is deliberate")]
fn blocking_sleeps_are_not_contention() {
    let server = Server::start(2, || async { thread::sleep(Duration::from_millis(400)) });
    let mut readings = Readings::of_service(server.handle(), &server.calls);
    let diagnosis = readings.until_named("runtime.blocked", |until| server.load(4, until));
    let is_named = diagnosis.finding("runtime.blocked").is_some();
    if !is_named && diagnosis.load.is_some_and(|load| load.per_cpu > 1.0) {
        // Then the workers wait for a CPU after each sleep, and the rule distinguishes that.
        return println!("SKIPPED: other programs keep the CPUs of this machine busy\n{diagnosis}");
    }
    assert_named(&diagnosis, "runtime.blocked");
    assert!(diagnosis.finding("runtime.contended").is_none());
}
