//! Tests of the alerts of an objective, with made-up traffic.

use std::time::Duration;

use super::{ABSENT_HOLD, Burn};
use crate::burn_window::BurnWindow;
use crate::rules::series::{Case, Firing, InputSeries, growing};
use crate::{AlertSeverity, Indicator};

const MINUTE: Duration = Duration::from_secs(60);
/// Samples in the shortest window.
const SAMPLES: u32 = 5;
/// Above a threshold, and below it.
const ABOVE: f64 = 1.1;
const BELOW: f64 = 0.9;
/// Calls a second, far above the gate.
const CALLS: f64 = 1000.0;

/// A time with the same part of bad calls throughout.
struct Phase {
    /// In shortest windows of the severity.
    units: u32,
    /// The part of the calls that is bad.
    bad: f64,
}

impl Burn<'_> {
    pub(super) fn cases(&self, severity: AlertSeverity) -> Vec<Case> {
        let pairs = self.objective.burn_windows(severity);
        let (Some(first), Some(last)) = (pairs.first(), pairs.last()) else {
            return Vec::new();
        };
        let unit = first.short.min(last.short);
        let units = |time: Duration| u32::try_from(time.as_secs() / unit.as_secs()).unwrap_or(1);
        let budget = self.objective.error_budget();
        let of = |pair: &BurnWindow, times: f64| (pair.factor * budget * times).min(1.0);
        let (fast, slow) = (of(first, ABOVE), of(last, ABOVE));
        let healthy = budget / 10.0;
        let phase = |units, bad| Phase { units, bad };
        let case = |name: &str, phases: &[Phase], fires: Option<f64>| {
            self.case(name, unit, phases, CALLS, fires)
        };
        let before = units(last.long).min(60);
        let mut cases = vec![
            case("fires while it burns", &[phase(20, slow)], Some(slow)),
            case("quiet when healthy", &[phase(20, healthy)], None),
            case(
                "quiet below the threshold",
                &[phase(20, of(last, BELOW))],
                None,
            ),
            case(
                "quiet after a short spike",
                &[phase(before, 0.0), phase(1, fast)],
                None,
            ),
            case(
                "quiet after recovery",
                &[phase(12, fast), phase(units(last.short) + 1, 0.0)],
                None,
            ),
        ];
        if severity == AlertSeverity::Critical && pairs.len() > 1 {
            let long = units(first.long);
            cases.push(case(
                "fires within the long window of the first pair",
                &[phase(before, 0.0), phase(long, fast)],
                Some(fast),
            ));
        }
        let low = self.objective.min_calls_per_second() / 2.0;
        let much = (fast * 2.0).min(1.0);
        cases.push(self.case(
            "quiet with low traffic",
            unit,
            &[phase(20, much)],
            low,
            None,
        ));
        cases
    }

    fn case(
        &self,
        name: &str,
        unit: Duration,
        phases: &[Phase],
        calls: f64,
        fires: Option<f64>,
    ) -> Case {
        let interval = unit / SAMPLES;
        let calls = calls * interval.as_secs_f64();
        let steps = |part: fn(f64) -> f64| {
            let steps = phases
                .iter()
                .map(|phase| (phase.units * SAMPLES, part(phase.bad) * calls));
            growing(steps)
        };
        let (bad, good, all) = (steps(|bad| bad), steps(|bad| 1.0 - bad), steps(|_| 1.0));
        let units: u32 = phases.iter().map(|phase| phase.units).sum();
        Case {
            name: name.to_owned(),
            step: unit,
            interval,
            series: self.input(&bad, &good, &all),
            eval_time: unit * units,
            fires: fires.map(Firing::value),
        }
    }

    /// Returns series for a number of bad, good and all calls.
    fn input(&self, bad: &str, good: &str, all: &str) -> Vec<InputSeries> {
        let labels = self.objective.all_labels();
        let series = self.levels.series_with(self.objective.metric(), &labels);
        match self.objective.indicator() {
            Indicator::Availability => {
                let outcome = |outcome| series.clone().equal("gusset.outcome", outcome);
                vec![
                    InputSeries::new(&outcome("server_error"), bad),
                    InputSeries::new(&outcome("success"), good),
                ]
            }
            Indicator::Latency(threshold) => {
                let bound = threshold.as_secs_f64().to_string();
                let bucket = series.renamed("_bucket").equal("le", &bound);
                vec![
                    InputSeries::new(&bucket, good),
                    InputSeries::new(&series.renamed("_count"), all),
                ]
            }
        }
    }

    pub(super) fn absent_cases(&self) -> Vec<Case> {
        let step = self.objective.shortest_window();
        let steps = u32::try_from(ABSENT_HOLD.as_secs() * 2 / step.as_secs()).unwrap_or(1);
        let minutes = format!("x{}", (step * steps).as_secs() / MINUTE.as_secs() + 1);
        let is_there = InputSeries::new(&self.levels.own("target_info"), format!("1{minutes}"));
        let case = |name: &str, series, fires: Option<Firing>| Case {
            name: name.to_owned(),
            step,
            interval: MINUTE,
            series,
            eval_time: step * steps,
            fires,
        };
        let never = format!("0{minutes}");
        let never = || self.input(&never, &never, &never);
        let with = |mut series: Vec<InputSeries>| {
            series.push(is_there.clone());
            series
        };
        vec![
            case(
                "fires without the series",
                with(vec![]),
                Some(Firing::value(1.0)),
            ),
            case("quiet with low traffic", with(never()), None),
            case("quiet when the service is not there", vec![], None),
        ]
    }
}
