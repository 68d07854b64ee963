//! Times in pairs, because a single time on a shared machine is not meaningful.
//!
//! Several scenarios take many short turns in one process, so that a disturbance affects all of them. The
//! results are medians, of the time and of the difference to the first scenario *in the same round*.

mod thread_group;

use std::process::ExitCode;

use crate::{Scenario, WorkFactory};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use self::thread_group::ThreadGroup;

/// The number of threads that call at the same time.
pub const THREADS: usize = 2;
/// Odd, so that one of the values is the median.
const ROUNDS: usize = 401;

/// Nanoseconds per call: medians.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// The time of the scenario.
    pub all: f64,
    /// The difference to the first scenario in the same round.
    pub added: f64,
}

/// Runs the program that measures times. Prints for each scenario its name, the nanoseconds per call and the
/// difference to the first scenario, with one thread and with two.
pub fn program(scenarios: &[Scenario]) -> ExitCode {
    let chosen: Option<Vec<Scenario>> = std::env::args()
        .skip(1)
        .map(|name| scenarios.iter().find(|known| known.name == name).copied())
        .collect();
    let chosen = match chosen {
        Some(chosen) if !chosen.is_empty() => chosen,
        _ => {
            eprintln!("usage: times <bare scenario> <scenario>..");
            return ExitCode::from(2);
        }
    };
    for (scenario, [one, two]) in std::iter::zip(&chosen, times(&chosen)) {
        println!(
            "{}\t{:.1}\t{:.1}\t{:.1}\t{:.1}",
            scenario.name, one.all, one.added, two.all, two.added
        );
    }
    ExitCode::SUCCESS
}

/// Measures each scenario with one thread, and with two at the same time.
///
/// # Panics
/// If a thread panics, or if the machine is so busy that every round is disturbed.
pub fn times(scenarios: &[Scenario]) -> Vec<[Time; THREADS]> {
    let works: Vec<WorkFactory> = scenarios.iter().map(|scenario| (scenario.make)()).collect();
    let group = ThreadGroup::default();
    let all: Vec<Turns> = std::thread::scope(|scope| {
        let (works, group) = (&works, &group);
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || turns(scenarios, works, thread, group)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no call panics"))
            .collect()
    });
    (0..scenarios.len())
        .map(|scenario| std::array::from_fn(|others| time(&all, scenario, others)))
        .collect()
}

/// Nanoseconds per call in one thread: by scenario, number of other threads, and round. `None` for a disturbed
/// turn.
type Turns = Vec<[Vec<Option<f64>>; THREADS]>;

/// Runs all turns of one thread. Every thread runs the same plan, and waits in turns that need fewer threads.
fn turns(
    scenarios: &[Scenario],
    works: &[WorkFactory],
    thread: usize,
    group: &ThreadGroup,
) -> Turns {
    pin(thread);
    let mut works: Vec<_> = std::iter::zip(scenarios, works)
        .map(|(scenario, works)| scenario.warm_up_one(works))
        .collect();
    let mut turns: Turns = vec![Default::default(); works.len()];
    for round in 0..ROUNDS {
        for turn in 0..works.len() {
            // The order rotates, because a scenario affects the caches of the next one.
            let index = (round + turn) % works.len();
            for (others, times) in turns[index].iter_mut().enumerate() {
                group.wait_for_all();
                if thread <= others {
                    times.push(group.run_turn(others + 1, &mut works[index]));
                }
            }
        }
    }
    turns
}

/// Pins this thread to its own processor, if possible. Otherwise two threads may take turns on one processor.
pub fn pin(thread: usize) {
    let Ok(allowed) = sched_getaffinity(None) else {
        return;
    };
    let processor = (0..CpuSet::MAX_CPU)
        .filter(|processor| allowed.is_set(*processor))
        .nth(thread);
    if let Some(processor) = processor {
        let mut one = CpuSet::new();
        one.set(processor);
        let _ = sched_setaffinity(None, &one);
    }
}

/// Returns the medians of a scenario, over undisturbed rounds.
fn time(all: &[Turns], scenario: usize, others: usize) -> Time {
    let mean = |scenario: usize, round: usize| {
        let threads = all.iter().take(others + 1);
        let sum: Option<f64> = threads.map(|turns| turns[scenario][others][round]).sum();
        Some(sum? / (others + 1) as f64)
    };
    Time {
        all: median((0..ROUNDS).filter_map(|round| mean(scenario, round))),
        added: median(
            (0..ROUNDS).filter_map(|round| Some(mean(scenario, round)? - mean(0, round)?)),
        ),
    }
}

/// Returns the median; of an even number of values, the upper one.
///
/// # Panics
/// If there are no values. Then the machine is too busy for measurements.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    *values
        .get(values.len() / 2)
        .expect("some rounds are undisturbed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_ignores_order_and_outliers() {
        assert_eq!(median([9000.0, 1.0, 3.0, 2.0, 4.0]), 3.0);
    }

    #[test]
    fn added_time_is_per_round() {
        let turns = |bare: f64, layered: f64| -> Turns {
            vec![
                [vec![Some(bare); ROUNDS], vec![Some(bare); ROUNDS]],
                [vec![Some(layered); ROUNDS], vec![Some(layered); ROUNDS]],
            ]
        };
        let all = [turns(100.0, 130.0), turns(200.0, 250.0)];
        let alone = time(&all, 1, 0);
        assert_eq!((alone.all, alone.added), (130.0, 30.0));
        let both = time(&all, 1, 1);
        assert_eq!((both.all, both.added), (190.0, 40.0));
    }

    #[test]
    fn disturbed_rounds_are_ignored() {
        let mut turns: Turns = vec![[vec![None; ROUNDS], vec![None; ROUNDS]]; 2];
        for scenario in &mut turns {
            scenario[1][7] = Some(50.0);
            scenario[1][8] = Some(70.0);
        }
        let mut other = turns.clone();
        other[1][1][8] = None;
        let both = time(&[turns, other], 1, 1);
        assert_eq!((both.all, both.added), (50.0, 0.0));
    }
}
