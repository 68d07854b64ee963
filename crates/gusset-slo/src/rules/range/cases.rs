//! Tests of the alert of a range, with made-up values.

use gusset_data::InstrumentKind;

use super::{INSTANCE, RangeRules};
use crate::definition::STEP;
use crate::promql::Selector;
use crate::rules::series::{Case, Firing, InputSeries, constant, growing};
use crate::{Aggregate, Hold};

/// The instance of the made-up series.
const PROCESS: &str = "a:9464";

/// A time with the same value throughout.
#[derive(Clone, Copy)]
struct Phase {
    steps: u32,
    value: f64,
    /// The values of a histogram in each step.
    samples: f64,
}

impl RangeRules<'_> {
    pub(super) fn cases(&self) -> Vec<Case> {
        let Some((inside, outside)) = self.values() else {
            return Vec::new();
        };
        let Hold {
            outside: m, of: n, ..
        } = self.range.hold_times();
        let window = self.levels.window(self.range.window_time());
        let window = u32::try_from(window.as_secs() / STEP.as_secs()).unwrap_or(1);
        let settled = window + u32::from(n) + 2;
        let many = f64::from(self.range.required_samples()) * 10.0;
        let phase = |steps, value, samples| Phase {
            steps,
            value,
            samples,
        };
        let fires = Firing::value(f64::from(n)).label(INSTANCE, PROCESS);
        let mut cases = vec![
            self.case(
                "fires outside",
                &[phase(settled, outside, many)],
                Some(fires),
            ),
            self.case("quiet inside", &[phase(settled, inside, many)], None),
        ];
        if m > 1 {
            // So far outside that one step moves the aggregate of the whole window.
            let outside = match self.range.aggregate_of(self.metric) {
                Aggregate::Rate | Aggregate::Mean => {
                    (inside + (outside - inside) * f64::from(window) * 2.0).max(0.0)
                }
                _ => outside,
            };
            cases.push(self.case(
                "quiet after one value outside",
                &[phase(settled, inside, many), phase(1, outside, many)],
                None,
            ));
        }
        match self.range.aggregate_of(self.metric) {
            Aggregate::Mean | Aggregate::Quantile(_) => {
                let few = f64::from(self.range.required_samples()) / f64::from(window) / 2.0;
                let phases = [phase(settled, outside, few)];
                cases.push(self.case("quiet with low traffic", &phases, None));
            }
            _ => cases.push(self.case("quiet with low traffic: no series", &[], None)),
        }
        cases
    }

    /// Returns a value inside and one outside of the range, near its bounds.
    fn values(&self) -> Option<(f64, f64)> {
        let (low, high) = self.range.bounds();
        let is_inside =
            |value: f64| low.is_none_or(|low| value > low) && high.is_none_or(|high| value < high);
        if let Aggregate::Quantile(_) = self.range.aggregate_of(self.metric) {
            let boundaries = self.levels.boundaries_of(self.metric).iter().copied();
            let is_outside = |value: f64| {
                low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high)
            };
            let inside = boundaries.clone().find(|bound| is_inside(*bound))?;
            // The nearest above the range, or else the nearest below it.
            let above = boundaries
                .clone()
                .find(|bound| high.is_some_and(|high| *bound > high));
            let outside = above.or(boundaries.rev().find(|bound| is_outside(*bound)))?;
            return Some((inside, outside));
        }
        let margin = |bound: f64| (bound.abs() / 20.0).max(1e-6);
        let near = |bound: f64, side: f64| bound + side * margin(bound);
        let bound = high.or(low)?;
        let outward = if high.is_some() { 1.0 } else { -1.0 };
        let both = low.zip(high).map(|(low, high)| f64::midpoint(low, high));
        let inside = both.unwrap_or_else(|| near(bound, -outward));
        Some((inside, near(bound, outward)))
    }

    fn case(&self, name: &str, phases: &[Phase], fires: Option<Firing>) -> Case {
        let steps: u32 = phases.iter().map(|phase| phase.steps).sum();
        Case {
            name: name.to_owned(),
            step: STEP,
            interval: STEP,
            series: match phases.is_empty() {
                true => Vec::new(),
                false => self.input(phases),
            },
            eval_time: STEP * if steps == 0 { 60 } else { steps },
            fires,
        }
    }

    fn input(&self, phases: &[Phase]) -> Vec<InputSeries> {
        let series = self.series();
        let of_process = |series: &Selector| series.clone().equal(INSTANCE, PROCESS);
        let rate = STEP.as_secs_f64();
        match self.range.aggregate_of(self.metric) {
            Aggregate::Last => vec![InputSeries::new(&of_process(&series), gauge(phases))],
            Aggregate::Rate => {
                let series = match self.metric.kind {
                    InstrumentKind::Histogram => series.renamed("_count"),
                    _ => series,
                };
                let values = counter(phases, |phase| phase.value * rate);
                vec![InputSeries::new(&of_process(&series), values)]
            }
            Aggregate::Mean => {
                let sum = counter(phases, |phase| phase.value * phase.samples);
                vec![
                    InputSeries::new(&of_process(&series.renamed("_sum")), sum),
                    self.count(phases),
                ]
            }
            Aggregate::Quantile(quantile) => {
                let buckets = of_process(&series.renamed("_bucket"));
                let boundaries = self.levels.boundaries_of(self.metric).iter().copied();
                let bucket = |bound: f64| {
                    // The quantile is exactly at the boundary that is the value.
                    let part = move |value: f64| match bound.total_cmp(&value) {
                        std::cmp::Ordering::Less => 0.0,
                        std::cmp::Ordering::Equal => quantile,
                        std::cmp::Ordering::Greater => 1.0,
                    };
                    let label = match bound.is_finite() {
                        true => bound.to_string(),
                        false => "+Inf".to_owned(),
                    };
                    let values = counter(phases, |phase| part(phase.value) * phase.samples);
                    InputSeries::new(&buckets.clone().equal("le", &label), values)
                };
                let buckets = boundaries.chain([f64::INFINITY]).map(bucket);
                buckets.chain([self.count(phases)]).collect()
            }
        }
    }

    fn count(&self, phases: &[Phase]) -> InputSeries {
        let count = self.series().renamed("_count").equal(INSTANCE, PROCESS);
        InputSeries::new(&count, counter(phases, |phase| phase.samples))
    }
}

/// Returns the values of a gauge: one at the start, and one for each step.
fn gauge(phases: &[Phase]) -> String {
    let first = phases.iter().map(|phase| (1, phase.value)).take(1);
    constant(first.chain(phases.iter().map(|phase| (phase.steps, phase.value))))
}

/// Returns the values of a counter.
fn counter(phases: &[Phase], step: impl Fn(&Phase) -> f64) -> String {
    growing(phases.iter().map(|phase| (phase.steps, step(phase))))
}
