//! A gauge whose series is removed with it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use gusset_data::InstrumentKind;
use metrics::{Gauge, IntoLabels, Key, KeyName, Level, Metadata};

use super::series::Series;
use super::views::{GaugeSource, Source as _};
use super::{GaugeValue, Registry};

/// A gauge whose series is removed when this handle is dropped.
///
/// For what comes and goes, such as a connection or a tenant. Created by [`Registry::scoped_gauge`]. If
/// several handles have the same labels, the last one that is dropped removes the series.
#[must_use = "the series is removed when the handle is dropped"]
pub struct ScopedGauge {
    gauge: Gauge,
    registry: Arc<Registry>,
    name: KeyName,
    /// `None` if the key is over the cardinality limit, or a view drops the metric.
    series: Option<Arc<Series<GaugeValue>>>,
    /// What this handle has added, if a view removed labels.
    source: Option<Arc<GaugeSource>>,
}

/// Not gusset's own metadata, so the metric has the limits of other crates' metrics.
const METADATA_OF_USERS: Metadata<'_> = Metadata::new("scoped_gauge", Level::INFO, None);

// === impl Registry ===

impl Registry {
    /// Registers a gauge whose series is removed when the returned handle is dropped.
    ///
    /// The series counts towards the cardinality limit while it exists. Clones of the handle's
    /// [`metrics::Gauge`], and those of `gauge!` with the same labels, record nothing after that.
    ///
    /// ```
    /// use gusset_metrics::Registry;
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), gusset_metrics::ConfigError> {
    /// let registry = Arc::new(Registry::builder().build()?);
    /// let lag = registry.scoped_gauge("consumer.lag", &[("partition", "7")]);
    /// lag.set(12.0);
    /// assert_eq!(registry.gauges()[0].series().len(), 1);
    ///
    /// drop(lag);
    /// assert!(registry.gauges().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn scoped_gauge(
        self: &Arc<Self>,
        name: impl Into<KeyName>,
        labels: impl IntoLabels,
    ) -> ScopedGauge {
        let name = name.into();
        let Some(stream) = self.views.for_metric(InstrumentKind::Gauge, name.as_str()) else {
            return self.scoped(name, Gauge::noop(), None, None);
        };
        let recorded = Key::from_parts(name, labels);
        let of_view = stream.cardinality_limit();
        let limits = self
            .limits
            .get(recorded.name(), &METADATA_OF_USERS, of_view);
        let kept = stream.key(&recorded);
        let name = kept.key.name_shared();
        loop {
            match self.gauge_series(&kept.key, limits) {
                // Another handle may have removed the series since it was found.
                Ok(series) if !self.gauges.add_owner(&series) => {}
                Ok(series) if kept.is_merged => {
                    let source = Arc::new(GaugeSource::new(Arc::clone(&series)));
                    let gauge = Gauge::from_arc(Arc::clone(&source));
                    return self.scoped(name, gauge, Some(series), Some(source));
                }
                Ok(series) => {
                    let gauge = Gauge::from_arc(Arc::clone(&series));
                    return self.scoped(name, gauge, Some(series), None);
                }
                Err(overflow) => {
                    let handle = Arc::new(self.overflow(&kept.key, limits, overflow));
                    return self.scoped(name, Gauge::from_arc(handle), None, None);
                }
            }
        }
    }

    fn scoped(
        self: &Arc<Self>,
        name: KeyName,
        gauge: Gauge,
        series: Option<Arc<Series<GaugeValue>>>,
        source: Option<Arc<GaugeSource>>,
    ) -> ScopedGauge {
        ScopedGauge {
            gauge,
            registry: Arc::clone(self),
            name,
            series,
            source,
        }
    }

    /// Removes the series with this name and exactly these labels. Returns whether there was one.
    ///
    /// Later exports do not have it. Handles that still refer to it record nothing; a new handle with the
    /// same labels starts a new series from zero. Remove series when what they describe is gone: there is
    /// no idle timeout, because a series that is seldom written is not the same as one that is obsolete.
    ///
    /// If a [`View`](super::View) removes one of the labels, the series is that of other keys too, and stays.
    /// Only what this key has added to an up-down counter is subtracted.
    ///
    /// ```
    /// use gusset_metrics::Registry;
    /// use metrics::counter;
    ///
    /// # fn main() -> Result<(), gusset_metrics::ConfigError> {
    /// let registry = Registry::builder().build()?;
    /// metrics::with_local_recorder(&registry, || counter!("orders", "tenant" => "a").increment(1));
    ///
    /// assert!(registry.remove("orders", &[("tenant", "a")]));
    /// assert!(registry.counters().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove(&self, name: impl Into<KeyName>, labels: impl IntoLabels) -> bool {
        let key = Key::from_parts(name, labels);
        self.counter_sources.remove(&key);
        if let Some(source) = self.gauge_sources.remove(&key) {
            source.take_back();
        }
        let remove_of = |kind, remove: &dyn Fn(&Key) -> bool| {
            let stream = self.views.for_metric(kind, key.name());
            let kept = stream.as_ref().map(|stream| stream.key(&key));
            kept.is_some_and(|kept| !kept.is_merged && remove(&kept.key))
        };
        let counter = remove_of(InstrumentKind::Counter, &|key| {
            self.counters.remove(key, None)
        });
        let gauge = remove_of(InstrumentKind::Gauge, &|key| self.gauges.remove(key, None));
        let histogram = remove_of(InstrumentKind::Histogram, &|key| {
            self.histograms.remove(key, Some("le"))
        });
        counter || gauge || histogram
    }
}

// === impl ScopedGauge ===

impl Deref for ScopedGauge {
    type Target = Gauge;

    fn deref(&self) -> &Gauge {
        &self.gauge
    }
}

impl Drop for ScopedGauge {
    fn drop(&mut self) {
        if let Some(source) = &self.source {
            source.take_back();
        }
        if let Some(series) = &self.series {
            self.registry
                .gauges
                .remove_owner(self.name.as_str(), series);
        }
    }
}

impl fmt::Debug for ScopedGauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedGauge")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
