//! Prints the microseconds of processor time and the allocations of one reading, for each subject.
//!
//! The subjects take turns, so that a change of the machine's speed concerns all of them. Time in which other
//! processes have the processor does not count.

use gusset_benches_system::subjects;
use rustix::time::{ClockId, clock_gettime};

const TURNS: usize = 400;
const READINGS_PER_TURN: usize = 5;

/// The limit of one reading by gusset, in microseconds. Of the tenth percentile, because other processes on the
/// machine empty the caches between two turns.
const LIMIT: f64 = 150.0;

fn main() {
    let mut subjects = subjects();
    for subject in &mut subjects {
        for _ in 0..20 {
            (subject.read)();
        }
    }
    let mut times = vec![Vec::with_capacity(TURNS); subjects.len()];
    for _ in 0..TURNS {
        for (subject, times) in subjects.iter_mut().zip(&mut times) {
            let start = processor_micros();
            for _ in 0..READINGS_PER_TURN {
                (subject.read)();
            }
            times.push((processor_micros() - start) / READINGS_PER_TURN as f64);
        }
    }
    println!("subject\tµs, median\tµs, tenth\tallocations");
    let (mut medians, mut tenths) = (Vec::new(), Vec::new());
    for (subject, times) in subjects.iter_mut().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let allocations = allocation_counter::measure(|| (subject.read)());
        let (median, tenth) = (times[TURNS / 2], times[TURNS / 10]);
        println!(
            "{}\t{median:.1}\t{tenth:.1}\t{}",
            subject.name, allocations.count_total
        );
        medians.push(median);
        tenths.push(tenth);
    }
    let [ours, peers @ ..] = &medians[..] else {
        return;
    };
    assert!(
        tenths[0] <= LIMIT,
        "{:.1} µs are more than {LIMIT} µs",
        tenths[0]
    );
    assert!(peers.iter().all(|peer| ours < peer), "{medians:.1?}");
}

/// Returns the processor time of this thread in microseconds.
fn processor_micros() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}
