//! Service level objectives.

use std::time::Duration;

use gusset_core::ConfigError;
use gusset_data::{MetricDescriptor, SharedStr};

use super::{Subject, check_name};

const SECONDS_PER_DAY: u64 = 86_400;
const DEFAULT_WINDOW_DAYS: u16 = 30;
const WINDOW_DAYS: std::ops::RangeInclusive<u16> = 1..=90;
const DEFAULT_TARGET: f64 = 0.99;
/// Below it, no alert that pages can fire: the slower of the two needs six times the error budget.
const MIN_TARGET: f64 = 1.0 - 1.0 / 6.0;
/// Calls a second, of which 1 in 360 is one call in an hour.
const DEFAULT_MIN_RATE: f64 = 0.1;

/// The budget for the response to a request that needs no other service.
const LOCAL_BUDGET: Duration = Duration::from_millis(400);
/// The budget for one call to another service.
const EXTERNAL_BUDGET: Duration = Duration::from_millis(400);
/// The budget for the response to any request.
const TOTAL_BUDGET: Duration = Duration::from_millis(800);

/// A service level objective: the part of all calls that must be good, over a window.
///
/// It is plain data. [`ServiceLevelsBuilder::build`](crate::ServiceLevelsBuilder::build) validates it.
///
/// ```
/// use gusset_slo::{Objective, ServiceLevels, Subject};
/// use std::time::Duration;
///
/// let half_a_second = Duration::from_millis(500);
/// let orders = Subject::route("/orders");
/// let levels = ServiceLevels::builder("shop")
///     .objective(Objective::availability("orders", orders.clone()).target(0.999))
///     .objective(Objective::latency("orders-latency", orders, half_a_second).target(0.99))
///     .build();
/// assert!(levels.is_ok());
///
/// let all = Objective::availability("orders", Subject::service()).target(1.0);
/// let error = ServiceLevels::builder("shop").objective(all).build().unwrap_err();
/// assert_eq!(error.setting(), "objectives.orders.target");
/// ```
#[derive(Clone, Debug)]
#[must_use = "an objective does nothing until it is added to service levels"]
pub struct Objective {
    name: SharedStr,
    subject: Subject,
    indicator: Indicator,
    target: f64,
    window_days: u16,
    min_rate: f64,
    labels: Vec<(SharedStr, SharedStr)>,
    description: Option<SharedStr>,
    advice: Option<SharedStr>,
}

/// Which calls are good and which are bad: the service level indicator of an objective.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Indicator {
    /// A call is bad if it failed through the service: the outcomes `server_error` and `rejected`.
    ///
    /// Errors of the client are good calls. Cancelled calls are not counted.
    Availability,
    /// A call is bad if it took longer than this. Every call counts, also one that failed: a fast error is
    /// a matter of availability.
    Latency(Duration),
}

// === impl Objective ===

impl Objective {
    /// Creates an objective for the part of the calls that do not fail.
    ///
    /// The name is a label and a part of the alerts' names: `a-z`, `0-9` and `-`.
    pub fn availability(name: impl Into<SharedStr>, subject: Subject) -> Self {
        Self::new(name.into(), subject, Indicator::Availability)
    }

    /// Creates an objective for the part of the calls that take at most `threshold`.
    ///
    /// The threshold has to be a bucket boundary of the histogram of durations, because Prometheus sees no
    /// others. [`ServiceLevelsBuilder::boundaries`](crate::ServiceLevelsBuilder::boundaries) adds one.
    pub fn latency(name: impl Into<SharedStr>, subject: Subject, threshold: Duration) -> Self {
        Self::new(name.into(), subject, Indicator::Latency(threshold))
    }

    /// Creates the latency budget of a request that needs no other service: 0.4 s, for 99 % of the requests
    /// to `route`.
    pub fn local_latency(name: impl Into<SharedStr>, route: impl Into<SharedStr>) -> Self {
        Self::latency(name, Subject::route(route), LOCAL_BUDGET)
            .description("A response that needs no other service takes at most 0.4 s.")
    }

    /// Creates the latency budget of a call to another service: 0.4 s, for 99 % of the calls of the client.
    pub fn external_latency() -> Self {
        Self::latency("external-latency", Subject::all_peers(), EXTERNAL_BUDGET)
            .description("A call to another service takes at most 0.4 s.")
    }

    /// Creates the latency budget of a request in all: 0.8 s, for 99 % of the requests to the service.
    pub fn total_latency() -> Self {
        Self::latency("total-latency", Subject::service(), TOTAL_BUDGET)
            .description("A response takes at most 0.8 s, with the calls to other services.")
    }

    fn new(name: SharedStr, subject: Subject, indicator: Indicator) -> Self {
        Self {
            name,
            subject,
            indicator,
            target: DEFAULT_TARGET,
            window_days: DEFAULT_WINDOW_DAYS,
            min_rate: DEFAULT_MIN_RATE,
            labels: Vec::new(),
            description: None,
            advice: None,
        }
    }

    /// Sets the part of all calls that must be good: above 0.8334 and below 1. Defaults to 0.99.
    pub fn target(mut self, target: f64) -> Self {
        self.target = target;
        self
    }

    /// Sets the window over which the target holds, in days: 1 to 90. Defaults to 30.
    ///
    /// The windows of the alerts are in proportion to it, as in Pyrra and Sloth.
    pub fn window_days(mut self, days: u16) -> Self {
        self.window_days = days;
        self
    }

    /// Sets the traffic below which alerts stay quiet, in calls a second. Defaults to 0.1.
    ///
    /// With one call in a minute, a single error would burn the budget of a day, and page.
    pub fn min_rate(mut self, calls_per_second: f64) -> Self {
        self.min_rate = calls_per_second;
        self
    }

    /// Counts only calls with this label, for example `http.request.method` or one of the service's own.
    pub fn label(mut self, key: impl Into<SharedStr>, value: impl Into<SharedStr>) -> Self {
        self.labels.push((key.into(), value.into()));
        self
    }

    /// Sets a sentence about the objective, for alerts and documentation.
    pub fn description(mut self, description: impl Into<SharedStr>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets what a person has to do when an alert of this objective fires: the text of the runbook.
    pub fn advice(mut self, advice: impl Into<SharedStr>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the calls that it is about.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Returns which calls are good and which are bad.
    pub fn indicator(&self) -> Indicator {
        self.indicator
    }

    /// Returns the part of all calls that must be good.
    pub fn target_ratio(&self) -> f64 {
        self.target
    }

    /// Returns the part of all calls that may be bad.
    pub fn error_budget(&self) -> f64 {
        1.0 - self.target
    }

    /// Returns the window over which the target holds.
    pub fn window(&self) -> Duration {
        Duration::from_secs(SECONDS_PER_DAY * u64::from(self.window_days))
    }

    pub(crate) fn min_calls_per_second(&self) -> f64 {
        self.min_rate
    }

    /// Returns the metric that it is computed from.
    pub(crate) fn metric(&self) -> &'static MetricDescriptor {
        match self.indicator {
            Indicator::Availability => self.subject.outcomes(),
            Indicator::Latency(_) => self.subject.durations(),
        }
    }

    pub(crate) fn all_labels(&self) -> Vec<(SharedStr, SharedStr)> {
        let mut labels = self.subject.labels();
        labels.extend(self.labels.iter().cloned());
        labels
    }

    /// Returns the sentence that was set, or one that follows from the indicator.
    pub(crate) fn sentence(&self) -> String {
        if let Some(description) = &self.description {
            return description.to_string();
        }
        let subject = &self.subject;
        match self.indicator {
            Indicator::Availability => format!("Calls do not fail: {subject}."),
            Indicator::Latency(threshold) => {
                let seconds = threshold.as_secs_f64();
                format!("Calls take at most {seconds} s: {subject}.")
            }
        }
    }

    pub(crate) fn advice_text(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    /// Validates everything except the threshold, which depends on the boundaries of the service.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let Self {
            name,
            subject,
            indicator,
            target,
            window_days,
            min_rate,
            ..
        } = self;
        check_name(&format!("objectives.{name}.name"), name)?;
        let error = |field: &str, reason: String| {
            Err(ConfigError::new(
                format!("objectives.{name}.{field}"),
                reason,
            ))
        };
        if *indicator == Indicator::Availability && !subject.has_outcomes() {
            return error(
                "subject",
                format!("{subject} have no outcomes, only durations"),
            );
        }
        if *target > 1.0 {
            return error(
                "target",
                format!("{target} is not a part of 1: 0.999 is 99.9 %"),
            );
        }
        if *target == 1.0 {
            return error("target", "100 % leaves no error budget".to_owned());
        }
        if target.is_nan() || *target <= MIN_TARGET {
            let reason = format!("{target} is so low that no alert could page: above 0.8334");
            return error("target", reason);
        }
        if !WINDOW_DAYS.contains(window_days) {
            return error("window_days", format!("{window_days} is not from 1 to 90"));
        }
        if !(min_rate.is_finite() && *min_rate > 0.0) {
            return error("min_rate", format!("{min_rate} is not a positive number"));
        }
        Ok(())
    }
}
