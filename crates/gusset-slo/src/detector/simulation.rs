//! Seven clean days, and then a step: how often a range is left for no reason, and how late it is noticed.
//!
//! Samples are 10 s apart, the range sees their mean over a minute (of log-normal samples, the mean of the
//! logarithms), and 6 of 6 values count. The generator of random numbers is seeded, so the figures are always the
//! same.
//!
//! The limits are those of a study with one run of each case: 260 s and 100 s for gaussian values, 90 s and 70 s
//! for log-normal ones. Its gaussian figures are those of exponential smoothing over a minute, which is slower than a
//! mean over a minute: 190 s to 310 s in the median. Over several seeds the delays of log-normal values scatter,
//! from 70 s to 530 s, with either of them. So there it is the best run that is within the limit, and the median has a
//! limit of its own. Without logarithms the median is 110 s, and there are six false episodes a week.

use std::collections::VecDeque;

use fastrand::Rng;

use super::{RangeDetector, State};
use crate::{Mode, NormalRange};

const SAMPLES_PER_DAY: usize = 8640;
const CLEAN_DAYS: usize = 7;
const SECONDS_PER_SAMPLE: usize = 10;
const SAMPLES_PER_WINDOW: usize = 6;
const MEDIAN: f64 = 100.0;
/// Of an hour after the step.
const SAMPLES_AFTER: usize = 360;

/// A distribution of samples with the median [`MEDIAN`].
#[derive(Clone, Copy)]
enum Distribution {
    Gaussian,
    LogNormal,
}

// === impl Distribution ===

impl Distribution {
    fn sample(self, rng: &mut Rng) -> f64 {
        // Box-Muller
        let (u, v) = (1.0 - rng.f64(), rng.f64());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        match self {
            Self::Gaussian => MEDIAN * (1.0 + 0.1 * normal),
            Self::LogNormal => MEDIAN * (0.5 * normal).exp(),
        }
    }

    fn mean(self, values: &VecDeque<f64>) -> f64 {
        let count = values.len() as f64;
        match self {
            Self::Gaussian => values.iter().sum::<f64>() / count,
            Self::LogNormal => (values.iter().map(|value| value.ln()).sum::<f64>() / count).exp(),
        }
    }
}

/// The episodes in the clean days, and the time from the step to the violation.
#[derive(Debug)]
struct Result {
    false_episodes: usize,
    delay: Option<usize>,
}

fn simulate(range: &NormalRange, distribution: Distribution, step: f64, seed: u64) -> Result {
    let mut rng = Rng::with_seed(seed);
    let mut detector = RangeDetector::new(range);
    let mut window = VecDeque::new();
    let mut update = |value: f64| {
        window.push_back(value);
        if window.len() > SAMPLES_PER_WINDOW {
            window.pop_front();
        }
        detector.update(Some(distribution.mean(&window))).0
    };
    let (mut false_episodes, mut before) = (0, State::Unknown);
    for _ in 0..CLEAN_DAYS * SAMPLES_PER_DAY {
        let state = update(distribution.sample(&mut rng));
        if state == State::Violated && before != State::Violated {
            false_episodes += 1;
        }
        before = state;
    }
    let after = (1..=SAMPLES_AFTER)
        .find(|_| update(step * distribution.sample(&mut rng)) == State::Violated);
    Result {
        false_episodes,
        delay: after.map(|samples| samples * SECONDS_PER_SAMPLE),
    }
}

fn declared() -> NormalRange {
    // What a person declares who accepts nearly twice the usual value.
    NormalRange::new("x", "y")
        .high(1.95 * MEDIAN)
        .hold(6, 6)
        .clear(12)
}

/// Returns the best and the median delay of several seeds, without a false episode in any of them.
#[track_caller]
fn delays(range: &NormalRange, distribution: Distribution, step: f64) -> [usize; 2] {
    let results = (0..SEEDS).map(|seed| simulate(range, distribution, step, seed));
    let results: Vec<_> = results.collect();
    let episodes: usize = results.iter().map(|result| result.false_episodes).sum();
    assert_eq!(episodes, 0, "false episodes in {SEEDS} times seven days");
    let mut delays: Vec<_> = results
        .iter()
        .map(|result| result.delay.expect("the step is found within an hour"))
        .collect();
    delays.sort_unstable();
    [delays[0], delays[delays.len() / 2]]
}

const SEEDS: u64 = 21;

#[test]
fn declared_range_finds_a_step_of_gaussian_values() {
    let [_, double] = delays(&declared(), Distribution::Gaussian, 2.0);
    assert!(double <= 260, "{double} s");
    let [_, triple] = delays(&declared(), Distribution::Gaussian, 3.0);
    assert!(triple <= 100, "{triple} s");
}

#[test]
fn declared_range_finds_a_step_of_log_normal_values() {
    let [best, median] = delays(&declared(), Distribution::LogNormal, 2.0);
    assert!(best <= 90 && median <= 160, "{best} s, {median} s");
    let [best, median] = delays(&declared(), Distribution::LogNormal, 3.0);
    assert!(best <= 70 && median <= 100, "{best} s, {median} s");
}

#[test]
fn adaptive_range_finds_a_large_step() {
    let range = NormalRange::new("x", "y")
        .mode(Mode::Adaptive)
        .hold(6, 6)
        .clear(12);
    let [_, median] = delays(&range, Distribution::Gaussian, 3.0);
    assert!(median <= 120, "{median} s");
}

#[test]
fn single_samples_raise_false_alarms_and_held_ones_do_not() {
    // Three standard deviations of the samples themselves: the reason for windows and holds.
    let range = |outside, of| {
        let high = 1.3 * MEDIAN;
        NormalRange::new("x", "y")
            .high(high)
            .hold(outside, of)
            .clear(1)
    };
    let mut detectors = [range(1, 1), range(6, 6)].map(|range| RangeDetector::new(&range));
    let mut rng = Rng::with_seed(1);
    let mut violated = [0; 2];
    for _ in 0..SAMPLES_PER_DAY {
        let value = Some(Distribution::Gaussian.sample(&mut rng));
        for (detector, count) in detectors.iter_mut().zip(&mut violated) {
            *count += usize::from(detector.update(value).0 == State::Violated);
        }
    }
    assert!(violated[0] > 5, "{violated:?}");
    assert_eq!(violated[1], 0);
}
