//! Nanoseconds a call on one thread and on two that share a breaker, and with a full window.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use gusset_benches::{Scenario, Works};

const ROUNDS: usize = 9;

fn main() {
    println!(
        "subject\tns, 1 thread\tns, 2 threads\tcalls of 2 threads, of 1\tns, 20,000 calls in the window"
    );
    for Scenario { name, make, .. } in gusset_benches_breakers::all() {
        let maker = make();
        let one = best(&maker, 1);
        let two = best(&maker, 2);
        let full = full(&make());
        println!(
            "{name}\t{one:.1}\t{two:.1}\t{:.2}\t{full:.1}",
            2.0 * one / two
        );
    }
}

/// The best of some rounds: what disturbs, only lengthens.
fn best(maker: &Works, threads: usize) -> f64 {
    let rounds = (0..ROUNDS).map(|_| round(maker, threads));
    rounds.fold(f64::INFINITY, f64::min)
}

/// Nanoseconds between two calls, of one of the threads that call at once.
fn round(maker: &Works, threads: usize) -> f64 {
    let start = Barrier::new(threads);
    let calls: u64 = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                let start = &start;
                scope.spawn(move || {
                    let mut work = maker();
                    (0..100).for_each(|_| work());
                    start.wait();
                    let (begun, mut calls) = (Instant::now(), 0);
                    while begun.elapsed() < ROUND {
                        (0..50).for_each(|_| work());
                        calls += 50;
                    }
                    calls
                })
            })
            .collect();
        running
            .into_iter()
            .map(|it| it.join().expect("it ends"))
            .sum()
    });
    ROUND.as_nanos() as f64 * threads as f64 / calls as f64
}

/// Long beside the start of a thread.
const ROUND: Duration = Duration::from_millis(40);

/// Nanoseconds a call, with 20,000 calls in the window.
fn full(maker: &Works) -> f64 {
    let mut work = maker();
    (0..20_000).for_each(|_| work());
    let times = (0..5).map(|_| {
        let begun = Instant::now();
        (0..500).for_each(|_| work());
        begun.elapsed().as_nanos() as f64 / 500.0
    });
    times.fold(f64::INFINITY, f64::min)
}
