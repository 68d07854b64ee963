//! Time, taken in pairs: on a machine that others use too, a lone time says little. Several
//! scenarios take turns in one process, many short turns each, so that whatever slows one down slows
//! its neighbours as well; what is told are medians, and what a scenario took more than the first one
//! *in the same round*.

mod crowd;

use std::process::ExitCode;

use gusset_benches::{Scenario, Works};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use self::crowd::Crowd;

/// How many threads call at once, at most.
pub const THREADS: usize = 2;
/// Odd, so that one of them is the median.
const ROUNDS: usize = 401;
/// What a scenario takes, in nanoseconds a call: medians.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// All of it.
    pub all: f64,
    /// What it took more than the first scenario in the same round.
    pub added: f64,
}

/// The program that takes times, of several scenarios beside the first: name, nanoseconds a call and
/// what of them the first did not take, with one thread; the same with two.
pub fn program(scenarios: &[Scenario]) -> ExitCode {
    let asked: Option<Vec<Scenario>> = std::env::args()
        .skip(1)
        .map(|name| scenarios.iter().find(|known| known.name == name).copied())
        .collect();
    let asked = match asked {
        Some(asked) if !asked.is_empty() => asked,
        _ => {
            eprintln!("usage: times <bare scenario> <scenario>.., each by its name");
            return ExitCode::from(2);
        }
    };
    for (scenario, [one, two]) in std::iter::zip(&asked, times(&asked)) {
        println!(
            "{}\t{:.1}\t{:.1}\t{:.1}\t{:.1}",
            scenario.name, one.all, one.added, two.all, two.added
        );
    }
    ExitCode::SUCCESS
}

/// The times of every scenario, each beside the first, with one thread calling and with two at once.
///
/// # Panics
/// If a thread does, or if the machine is so busy that there is no round which it did not disturb.
pub fn times(scenarios: &[Scenario]) -> Vec<[Time; THREADS]> {
    let works: Vec<Works> = scenarios.iter().map(|scenario| (scenario.make)()).collect();
    let crowd = Crowd::default();
    let all: Vec<Turns> = std::thread::scope(|scope| {
        let (works, crowd) = (&works, &crowd);
        let threads: Vec<_> = (0..THREADS)
            .map(|me| scope.spawn(move || turns(scenarios, works, me, crowd)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("calls of a benchmark do not panic"))
            .collect()
    });
    (0..scenarios.len())
        .map(|at| std::array::from_fn(|crowd| time(&all, at, crowd)))
        .collect()
}

/// Nanoseconds a call in one thread: of each scenario, with so many other threads, in each round.
/// `None` for a turn that something else disturbed.
type Turns = Vec<[Vec<Option<f64>>; THREADS]>;

/// All turns of one thread. Every thread goes through the same plan, and waits in turns of fewer
/// threads than it has number.
fn turns(scenarios: &[Scenario], works: &[Works], me: usize, crowd: &Crowd) -> Turns {
    pin(me);
    let mut works: Vec<_> = std::iter::zip(scenarios, works)
        .map(|(scenario, works)| scenario.warmed(works))
        .collect();
    let mut turns: Turns = vec![Default::default(); works.len()];
    for round in 0..ROUNDS {
        for turn in 0..works.len() {
            // Not always in the same order: a neighbour leaves caches as it likes them.
            let at = (round + turn) % works.len();
            for (others, times) in turns[at].iter_mut().enumerate() {
                crowd.meet();
                if me <= others {
                    times.push(crowd.turn(others + 1, &mut works[at]));
                }
            }
        }
    }
    turns
}

/// Keeps this thread on a processor of its own. Left to itself, a busy machine lets two threads take
/// turns on one, and they never meet. If it cannot be done, the machine has its way.
fn pin(me: usize) {
    let Ok(mine) = sched_getaffinity(None) else {
        return;
    };
    let processor = (0..CpuSet::MAX_CPU)
        .filter(|processor| mine.is_set(*processor))
        .nth(me);
    if let Some(processor) = processor {
        let mut one = CpuSet::new();
        one.set(processor);
        let _ = sched_setaffinity(None, &one);
    }
}

/// Of rounds that nothing disturbed.
fn time(all: &[Turns], at: usize, crowd: usize) -> Time {
    let mean = |at: usize, round: usize| {
        let threads = all.iter().take(crowd + 1);
        let sum: Option<f64> = threads.map(|turns| turns[at][crowd][round]).sum();
        Some(sum? / (crowd + 1) as f64)
    };
    Time {
        all: median((0..ROUNDS).filter_map(|round| mean(at, round))),
        added: median((0..ROUNDS).filter_map(|round| Some(mean(at, round)? - mean(0, round)?))),
    }
}

/// The middle one; of an even number, the upper of the two.
///
/// # Panics
/// If there is none: then the machine is too busy to measure anything on it.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    *values
        .get(values.len() / 2)
        .expect("some rounds are not disturbed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_does_not_mind_the_order_nor_one_that_is_far_off() {
        assert_eq!(median([9000.0, 1.0, 3.0, 2.0, 4.0]), 3.0);
    }

    #[test]
    fn what_is_added_is_the_difference_in_the_same_round() {
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
    fn a_round_in_which_any_thread_was_disturbed_does_not_count() {
        let mut turns: Turns = vec![[vec![None; ROUNDS], vec![None; ROUNDS]]; 2];
        for of in &mut turns {
            of[1][7] = Some(50.0);
            of[1][8] = Some(70.0);
        }
        let mut other = turns.clone();
        other[1][1][8] = None;
        let both = time(&[turns, other], 1, 1);
        assert_eq!((both.all, both.added), (50.0, 0.0));
    }
}
