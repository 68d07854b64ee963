//! The buckets that are configured for each histogram.

use std::collections::HashMap;
use std::sync::Arc;

use super::boundaries::{BoundariesError, Values};
use super::exponential::ExponentialHistogramError;
use super::histogram::Layout;
use super::views::Stream;
use super::{Boundaries, ExponentialHistogram, prometheus_names};

/// The buckets of all histograms, besides those that views set.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    by_name: HashMap<String, Configured>,
    /// For histograms whose buckets the user has not set.
    default_exponential: Option<ExponentialHistogram>,
}

/// What is configured for one metric.
#[derive(Debug, Default)]
struct Configured {
    boundaries: Option<Arc<Boundaries>>,
    /// Whether the user has set the boundaries.
    is_explicit: bool,
    exponential: Option<ExponentialHistogram>,
}

// === impl Layouts ===

impl Layouts {
    pub(super) fn new(default_exponential: Option<ExponentialHistogram>) -> Self {
        Self {
            by_name: HashMap::new(),
            default_exponential,
        }
    }

    /// Sets the boundaries of a metric that come with it.
    pub(super) fn set_default(
        &mut self,
        metric: &str,
        upper_bounds: &[f64],
    ) -> Result<(), BoundariesError> {
        let boundaries = Boundaries::new(upper_bounds)?;
        self.configured(metric).boundaries = Some(Arc::new(boundaries));
        Ok(())
    }

    /// Sets the boundaries of a metric that the user has chosen.
    pub(super) fn set_explicit(
        &mut self,
        metric: &str,
        upper_bounds: &[f64],
    ) -> Result<(), BoundariesError> {
        self.set_default(metric, upper_bounds)?;
        self.configured(metric).is_explicit = true;
        Ok(())
    }

    pub(super) fn set_exponential(
        &mut self,
        metric: &str,
        settings: ExponentialHistogram,
    ) -> Result<(), ExponentialHistogramError> {
        self.configured(metric).exponential = Some(settings.check()?);
        Ok(())
    }

    /// Returns the layout of a metric, given its names before and after views.
    pub(super) fn layout(
        &self,
        recorded_name: &str,
        kept_name: &str,
        stream: &Stream<'_>,
        values: Values,
    ) -> Layout {
        let configured = self
            .by_name
            .get(&*prometheus_names::metric_name(recorded_name));
        let of_metric = configured.and_then(|it| it.boundaries.as_ref());
        let boundaries = stream.boundaries().or(of_metric).map_or_else(
            || Boundaries::for_metric(&prometheus_names::metric_name(kept_name), values),
            Arc::clone,
        );
        let is_explicit =
            stream.boundaries().is_some() || configured.is_some_and(|it| it.is_explicit);
        let exponential = stream
            .exponential()
            .or_else(|| configured.and_then(|it| it.exponential))
            .or(self.default_exponential.filter(|_| !is_explicit));
        Layout {
            boundaries,
            exponential,
        }
    }

    /// Returns whether boundaries are configured for the metric with a Prometheus name.
    pub(super) fn has_boundaries(&self, prometheus_name: &str) -> bool {
        let configured = self.by_name.get(prometheus_name);
        configured.is_some_and(|it| it.boundaries.is_some())
    }

    fn configured(&mut self, metric: &str) -> &mut Configured {
        let name = prometheus_names::metric_name(metric).into_owned();
        self.by_name.entry(name).or_default()
    }
}
