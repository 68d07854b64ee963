//! The service levels of a service: its objectives and normal ranges, and how its series are found.

use std::collections::BTreeMap;
use std::time::Duration;

use gusset_core::ConfigError;
use gusset_data::{MetricDescriptor, SharedStr};
use gusset_metrics::View;

use crate::catalogue::boundaries;
use crate::definition::check_name;
use crate::promql::Selector;
use crate::{Aggregate, Catalogue, Indicator, NormalRange, Objective, prometheus_name};

const DEFAULT_SCRAPE_INTERVAL: Duration = Duration::from_secs(15);
const MAX_SCRAPE_INTERVAL: Duration = Duration::from_secs(300);
/// Prometheus needs two samples in a window. Four survive a scrape that fails.
const SCRAPES_PER_WINDOW: u32 = 4;
/// A Markdown file beside the rules: `ServiceLevels::files` has it.
const DEFAULT_RUNBOOK: &str = "runbook.md";

/// The objectives and normal ranges of a service, valid.
///
/// Everything is made from it: rules and their tests, dashboards, documentation and the monitor in the
/// process.
#[derive(Clone, Debug)]
pub struct ServiceLevels {
    service: SharedStr,
    matchers: Vec<(SharedStr, SharedStr)>,
    runbook: SharedStr,
    scrape_interval: Duration,
    compression: u32,
    catalogue: Catalogue,
    boundaries: BTreeMap<&'static str, Vec<f64>>,
    objectives: Vec<Objective>,
    ranges: Vec<NormalRange>,
}

/// Builds [`ServiceLevels`].
///
/// ```
/// use gusset_slo::{NormalRange, Objective, ServiceLevels};
///
/// # fn main() -> Result<(), gusset_slo::ConfigError> {
/// let levels = ServiceLevels::builder("shop")
///     .matcher("job", "shop")
///     .runbook_url("https://wiki.example.com/shop/runbook")
///     .latency_budgets()
///     .range(NormalRange::new("active", "http.server.active_requests").high(200.0))
///     .build()?;
/// assert_eq!(levels.objectives().len(), 2);
/// assert!(levels.rules().to_yaml().contains("TotalLatencyErrorBudgetBurnFast"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ServiceLevelsBuilder {
    levels: ServiceLevels,
    added: Vec<(SharedStr, Vec<f64>)>,
}

// === impl ServiceLevels ===

impl ServiceLevels {
    /// Returns a builder for a service: its name is that in alerts and dashboards, `a-z`, `0-9` and `-`.
    pub fn builder(service: impl Into<SharedStr>) -> ServiceLevelsBuilder {
        let service = service.into();
        ServiceLevelsBuilder {
            levels: Self {
                matchers: vec![("job".into(), service.clone())],
                service,
                runbook: DEFAULT_RUNBOOK.into(),
                scrape_interval: DEFAULT_SCRAPE_INTERVAL,
                compression: 1,
                catalogue: Catalogue::new(),
                boundaries: BTreeMap::new(),
                objectives: Vec::new(),
                ranges: Vec::new(),
            },
            added: Vec::new(),
        }
    }

    /// Returns the name of the service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns the objectives, in the order in which they were added.
    pub fn objectives(&self) -> &[Objective] {
        &self.objectives
    }

    /// Returns the normal ranges, in the order in which they were added.
    pub fn ranges(&self) -> &[NormalRange] {
        &self.ranges
    }

    /// Returns the metrics of the service.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Returns the views that give histograms the boundaries that were added, for the service's
    /// [`RegistryBuilder::view`](gusset_metrics::RegistryBuilder::view).
    pub fn views(&self) -> Vec<View> {
        let views = self.boundaries.iter();
        views
            .map(|(metric, boundaries)| View::new(*metric).buckets(boundaries))
            .collect()
    }

    /// Divides all windows and holds of the rules, for a test with a real Prometheus that must not wait.
    ///
    /// A window is at least four scrapes. Not for production: thresholds of burn rates are made for the windows
    /// of the SRE workbook.
    #[must_use]
    pub fn compressed(mut self, factor: u32) -> Self {
        self.compression = factor.max(1);
        self
    }

    pub(crate) fn runbook(&self, anchor: &str) -> String {
        format!("{}#{}", self.runbook, anchor.to_lowercase())
    }

    /// Returns a window or a hold of the rules.
    pub(crate) fn compress(&self, time: Duration) -> Duration {
        let millis = time.as_millis() / u128::from(self.compression);
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// Returns a window over which a rate can be computed.
    pub(crate) fn window(&self, time: Duration) -> Duration {
        self.compress(time)
            .max(self.scrape_interval * SCRAPES_PER_WINDOW)
    }

    /// Returns the time between evaluations, which is at least that between scrapes.
    pub(crate) fn step(&self, step: Duration) -> Duration {
        match self.compression {
            1 => step,
            _ => self.compress(step).max(self.scrape_interval),
        }
    }

    /// Returns the series of a metric of this service.
    pub(crate) fn series(&self, metric: &MetricDescriptor) -> Selector {
        self.own(&prometheus_name(metric))
    }

    /// Returns the series with this name of this service.
    pub(crate) fn own(&self, name: &str) -> Selector {
        let series = Selector::new(name);
        self.matchers
            .iter()
            .fold(series, |series, (label, value)| series.equal(label, value))
    }

    /// Returns the series of a metric of this service that have these labels.
    pub(crate) fn series_with(
        &self,
        metric: &MetricDescriptor,
        labels: &[(SharedStr, SharedStr)],
    ) -> Selector {
        let series = self.series(metric);
        labels
            .iter()
            .fold(series, |series, (label, value)| series.equal(label, value))
    }

    /// Returns the bucket boundaries of a histogram of the service.
    pub(crate) fn boundaries_of(&self, metric: &MetricDescriptor) -> &[f64] {
        let added = self.boundaries.get(metric.name);
        added.map_or_else(|| boundaries(metric), Vec::as_slice)
    }
}

// === impl ServiceLevelsBuilder ===

impl ServiceLevelsBuilder {
    /// Adds an objective.
    pub fn objective(mut self, objective: Objective) -> Self {
        self.levels.objectives.push(objective);
        self
    }

    /// Adds a normal range.
    pub fn range(mut self, range: NormalRange) -> Self {
        self.levels.ranges.push(range);
        self
    }

    /// Adds the latency budgets of a call to another service, 0.4 s, and of a response in all, 0.8 s, with the
    /// boundaries that they need. [`Objective::local_latency`] is the third, for each route that needs no other
    /// service.
    pub fn latency_budgets(self) -> Self {
        self.boundaries("http.client.request.duration", &[0.4])
            .boundaries("http.server.request.duration", &[0.4, 0.8])
            .objective(Objective::external_latency())
            .objective(Objective::total_latency())
    }

    /// Adds boundaries to those that a histogram has by default, in its unit.
    ///
    /// The service's registry needs them too: [`ServiceLevels::views`].
    pub fn boundaries(mut self, metric: impl Into<SharedStr>, boundaries: &[f64]) -> Self {
        self.added.push((metric.into(), boundaries.to_vec()));
        self
    }

    /// Sets the metrics that the service has. Defaults to those of calls.
    pub fn catalogue(mut self, catalogue: Catalogue) -> Self {
        self.levels.catalogue = catalogue;
        self
    }

    /// Sets a label that the series of this service have in Prometheus, instead of `job` with the service's
    /// name. Several are added up.
    pub fn matcher(mut self, label: impl Into<SharedStr>, value: impl Into<SharedStr>) -> Self {
        let matchers = &mut self.levels.matchers;
        let is_default = |(label, value): &(SharedStr, SharedStr)| {
            **label == *"job" && *value == self.levels.service
        };
        matchers.retain(|matcher| !is_default(matcher));
        matchers.push((label.into(), value.into()));
        self
    }

    /// Sets the address of the page that alerts link to, with a section for each alert. Defaults to
    /// `runbook.md`, the generated page.
    pub fn runbook_url(mut self, url: impl Into<SharedStr>) -> Self {
        self.levels.runbook = url.into();
        self
    }

    /// Sets the time between two scrapes of Prometheus. Defaults to 15 s. Windows are at least four of it.
    pub fn scrape_interval(mut self, interval: Duration) -> Self {
        self.levels.scrape_interval = interval;
        self
    }

    /// Builds the service levels.
    ///
    /// # Errors
    /// If a setting is invalid. The error names it, as `objectives.<name>.target` or `ranges.<name>.high`.
    pub fn build(self) -> Result<ServiceLevels, ConfigError> {
        let Self { mut levels, added } = self;
        check_name("service", &levels.service)?;
        if levels.runbook.is_empty() {
            return Err(ConfigError::new("runbook_url", "empty"));
        }
        if levels.scrape_interval.is_zero() || levels.scrape_interval > MAX_SCRAPE_INTERVAL {
            return Err(ConfigError::new("scrape_interval", "not up to 5 min"));
        }
        for (label, _) in &levels.matchers {
            check_label(label)?;
        }
        for (metric, added) in added {
            let setting = format!("boundaries.{metric}");
            let Some(known) = levels.catalogue.find(&metric) else {
                return Err(ConfigError::new(
                    setting,
                    "the catalogue has no such metric",
                ));
            };
            if let Some(bound) = added.iter().find(|bound| !bound.is_finite()) {
                let reason = format_args!("{bound} is not a finite number");
                return Err(ConfigError::new(setting, reason));
            }
            let name = known.name;
            let default = boundaries(known);
            let all = levels.boundaries.entry(name).or_insert(default.to_vec());
            all.extend(added);
            all.sort_by(f64::total_cmp);
            all.dedup();
        }
        levels.check_objectives()?;
        levels.check_ranges()?;
        Ok(levels)
    }
}

/// Checks the name of a label in Prometheus.
fn check_label(label: &str) -> Result<(), ConfigError> {
    let is_valid = label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match is_valid {
        true => Ok(()),
        false => Err(ConfigError::new(
            "matcher",
            format_args!("{label:?} is not a label of Prometheus"),
        )),
    }
}

// === impl ServiceLevels ===

impl ServiceLevels {
    fn check_objectives(&self) -> Result<(), ConfigError> {
        let mut names = Vec::new();
        for objective in &self.objectives {
            objective.check()?;
            let name = objective.name();
            let error = |field: &str, reason: String| {
                Err(ConfigError::new(
                    format!("objectives.{name}.{field}"),
                    reason,
                ))
            };
            if names.contains(&name) {
                return error("name", "another objective has it".to_owned());
            }
            names.push(name);
            let metric = objective.metric();
            if self.catalogue.find(metric.name).is_none() {
                return error("subject", format!("the catalogue has no {:?}", metric.name));
            }
            if let Indicator::Latency(threshold) = objective.indicator() {
                let seconds = threshold.as_secs_f64();
                let boundaries = self.boundaries_of(metric);
                if !boundaries.contains(&seconds) {
                    return error(
                        "threshold",
                        format!(
                            "{seconds} s is not a bucket boundary of {}: use one of {boundaries:?}, or \
                             add it with `boundaries`",
                            metric.name
                        ),
                    );
                }
            }
        }
        Ok(())
    }

    fn check_ranges(&self) -> Result<(), ConfigError> {
        let mut names = Vec::new();
        for range in &self.ranges {
            let metric = self.catalogue.find(range.metric_name());
            range.check(metric)?;
            let name = range.name();
            if let Some(metric) = metric {
                self.check_quantile(range, metric)?;
            }
            if names.contains(&name) {
                let setting = format!("ranges.{name}.name");
                return Err(ConfigError::new(setting, "another range has it"));
            }
            names.push(name);
        }
        Ok(())
    }

    /// Checks that a quantile can be on both sides of its bounds: Prometheus interpolates within the boundaries
    /// of the histogram, and knows nothing beyond them.
    fn check_quantile(
        &self,
        range: &NormalRange,
        metric: &MetricDescriptor,
    ) -> Result<(), ConfigError> {
        let Aggregate::Quantile(_) = range.aggregate_of(metric) else {
            return Ok(());
        };
        let boundaries = self.boundaries_of(metric);
        let (Some(least), Some(greatest)) = (boundaries.first(), boundaries.last()) else {
            return Ok(());
        };
        let (low, high) = range.bounds();
        for (field, bound) in [("low", low), ("high", high)] {
            if bound.is_some_and(|bound| bound <= *least || bound >= *greatest) {
                return Err(ConfigError::new(
                    format!("ranges.{}.{field}", range.name()),
                    format_args!(
                        "not between the boundaries of the histogram, {least} and {greatest}"
                    ),
                ));
            }
        }
        Ok(())
    }
}
