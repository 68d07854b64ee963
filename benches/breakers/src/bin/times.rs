//! Prints nanoseconds per call on one thread, on two that share a breaker, and with a full window.
//!
//! Each thread is pinned to its own processor, and the threads of a turn start together. A turn in which one
//! of them lost its processor is ignored.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Instant;

use gusset_benches::times::pin;
use gusset_benches::{Scenario, Work, WorkFactory};
use rustix::time::{ClockId, clock_gettime};

const TURNS: usize = 400;
const CALLS_PER_TURN: u32 = 500;
const WARM_UP_CALLS: u32 = 1000;
const FULL_WINDOW_CALLS: u32 = 20_000;

fn main() {
    println!(
        "subject\tns, 1 thread\tns, 2 threads\tthroughput, 2 threads to 1\tns, 20,000 calls in the window"
    );
    for Scenario { name, make, .. } in gusset_benches_breakers::all() {
        let factory = make();
        let one = concurrent_time(&factory, 1);
        let two = concurrent_time(&factory, 2);
        let full = full_window_time(&make());
        println!(
            "{name}\t{one:.1}\t{two:.1}\t{:.2}\t{full:.1}",
            2.0 * one / two
        );
    }
}

/// Returns nanoseconds per call with this number of threads: the median of the turns.
fn concurrent_time(factory: &WorkFactory, threads: usize) -> f64 {
    let started = AtomicUsize::new(0);
    let turns: Vec<Vec<Turn>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let started = &started;
                scope.spawn(move || {
                    pin(thread);
                    let mut work = factory();
                    (0..WARM_UP_CALLS).for_each(|_| work());
                    let turn = |index: usize| {
                        started.fetch_add(1, SeqCst);
                        while started.load(SeqCst) < threads * (index + 1) {
                            std::hint::spin_loop();
                        }
                        turn(&mut work)
                    };
                    (0..TURNS).map(turn).collect()
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("no call panics"))
            .collect()
    });
    let mean =
        |index: usize| turns.iter().map(|turns| turns[index].nanos).sum::<f64>() / threads as f64;
    let undisturbed = |index: &usize| turns.iter().all(|turns| turns[*index].is_undisturbed);
    let means: Vec<f64> = (0..TURNS).filter(undisturbed).map(mean).collect();
    // A subject that waits for a lock is disturbed in every turn.
    median(if means.is_empty() {
        (0..TURNS).map(mean).collect()
    } else {
        means
    })
}

struct Turn {
    nanos: f64,
    /// The thread kept its processor.
    is_undisturbed: bool,
}

fn turn(work: &mut Work) -> Turn {
    let (processor_start, start) = (processor_time(), Instant::now());
    (0..CALLS_PER_TURN).for_each(|_| work());
    let elapsed = start.elapsed().as_nanos() as f64;
    let processor = processor_time() - processor_start;
    Turn {
        nanos: elapsed / f64::from(CALLS_PER_TURN),
        is_undisturbed: processor > elapsed * 0.98,
    }
}

/// Returns nanoseconds per call, with 20,000 calls in the window.
fn full_window_time(factory: &WorkFactory) -> f64 {
    let mut work = factory();
    (0..FULL_WINDOW_CALLS).for_each(|_| work());
    median((0..5).map(|_| turn(&mut work).nanos).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
