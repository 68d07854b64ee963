//! Nanoseconds a call on one thread and on two that share a breaker, and with a full window.
//!
//! Of turns that nothing disturbed: each thread has a processor of its own, the threads of a turn begin
//! together, and a turn in which one of them was sent off its processor does not count.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Instant;

use gusset_benches::{Scenario, Work, Works};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

const TURNS: usize = 400;
const CALLS: u32 = 500;

fn main() {
    println!(
        "subject\tns, 1 thread\tns, 2 threads\tcalls of 2 threads, of 1\tns, 20,000 calls in the window"
    );
    for Scenario { name, make, .. } in gusset_benches_breakers::all() {
        let works = make();
        let one = together(&works, 1);
        let two = together(&works, 2);
        let full = full(&make());
        println!(
            "{name}\t{one:.1}\t{two:.1}\t{:.2}\t{full:.1}",
            2.0 * one / two
        );
    }
}

/// Nanoseconds a call, while so many threads call: the median of their turns.
fn together(works: &Works, threads: usize) -> f64 {
    let begun = AtomicUsize::new(0);
    let turns: Vec<Vec<Turn>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|me| {
                let begun = &begun;
                scope.spawn(move || {
                    pin(me);
                    let mut work = works();
                    (0..1000).for_each(|_| work());
                    let turn = |at: usize| {
                        begun.fetch_add(1, SeqCst);
                        while begun.load(SeqCst) < threads * (at + 1) {
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
            .map(|it| it.join().expect("it ends"))
            .collect()
    });
    let mean = |at: usize| turns.iter().map(|turns| turns[at].nanos).sum::<f64>() / threads as f64;
    let undisturbed = |at: &usize| turns.iter().all(|turns| turns[*at].undisturbed);
    let whole: Vec<f64> = (0..TURNS).filter(undisturbed).map(mean).collect();
    // Whoever sleeps over a lock is disturbed by that, always.
    median(if whole.is_empty() {
        (0..TURNS).map(mean).collect()
    } else {
        whole
    })
}

struct Turn {
    nanos: f64,
    /// This thread ran all the while.
    undisturbed: bool,
}

fn turn(work: &mut Work) -> Turn {
    let (worked, begun) = (processor_time(), Instant::now());
    (0..CALLS).for_each(|_| work());
    let elapsed = begun.elapsed().as_nanos() as f64;
    let worked = processor_time() - worked;
    Turn {
        nanos: elapsed / f64::from(CALLS),
        undisturbed: worked > elapsed * 0.98,
    }
}

/// Nanoseconds a call, with 20,000 calls in the window.
fn full(works: &Works) -> f64 {
    let mut work = works();
    (0..20_000).for_each(|_| work());
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

fn pin(me: usize) {
    let Ok(all) = sched_getaffinity(None) else {
        return;
    };
    let processor = (0..CpuSet::MAX_CPU).filter(|at| all.is_set(*at)).nth(me);
    if let Some(processor) = processor {
        let mut one = CpuSet::new();
        one.set(processor);
        let _ = sched_setaffinity(None, &one);
    }
}
