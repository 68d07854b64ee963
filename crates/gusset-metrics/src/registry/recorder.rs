//! The registry as a recorder of the facade.

use gusset_data::{InstrumentKind, MetricDescriptor, SharedStr};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

use super::boundaries::Values;
use super::histogram::Layout;
use super::views::Stream;
use super::{Boundaries, Handle, Registry, prometheus_names};

impl metrics::Recorder for Registry {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        let Some(stream) = self
            .views
            .for_metric(InstrumentKind::Counter, name.as_str())
        else {
            return;
        };
        let help = help_text(&stream, help);
        self.counters
            .describe(stream.name(name), unit, help, |()| false);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        let Some(stream) = self.views.for_metric(InstrumentKind::Gauge, name.as_str()) else {
            return;
        };
        let help = help_text(&stream, help);
        self.gauges.describe(stream.name(name), unit, help, |kind| {
            if let Some(descriptor) = MetricDescriptor::being_described() {
                kind.describe(descriptor.kind);
            }
            false
        });
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        let Some(stream) = self
            .views
            .for_metric(InstrumentKind::Histogram, name.as_str())
        else {
            return;
        };
        let recorded_name = prometheus_names::metric_name(name.as_str()).into_owned();
        let name = stream.name(name);
        let prometheus_name = prometheus_names::metric_name(name.as_str()).into_owned();
        let has_other_boundaries = |used: &Option<Layout>| {
            let descriptor = MetricDescriptor::being_described();
            let boundaries = descriptor.and_then(|descriptor| descriptor.boundaries);
            let own = || Boundaries::for_metric(&prometheus_name, Values { unit, boundaries });
            used.as_ref().is_some_and(|used| *used.boundaries != *own())
        };
        let help = help_text(&stream, help);
        let is_late = self
            .histograms
            .describe(name.clone(), unit, help, has_other_boundaries);
        let is_configured =
            || stream.boundaries().is_some() || self.layouts.has_boundaries(&recorded_name);
        if is_late && !is_configured() {
            tracing::warn!(
                target: crate::TARGET,
                {
                    gusset.metric.name = name.as_str(),
                },
                "histogram described after its first use: it keeps the bucket boundaries for no unit; \
                 describe it earlier or set its boundaries with `buckets`",
            );
        }
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        if let Some(source) = self.views.source(&self.counter_sources, key) {
            return Counter::from_arc(source);
        }
        let find = |key: &Key, _: &Stream<'_>, limits| self.counter_series(key, limits);
        let (kind, handles) = (InstrumentKind::Counter, &self.counter_handles);
        match self.handle(kind, key, metadata, handles, find) {
            Handle::Series(series) => Counter::from_arc(series),
            Handle::Merged(series) => match self.counter_sources.get_or_add(key, &series) {
                Some(source) => Counter::from_arc(source),
                None => Counter::from_arc(series),
            },
            Handle::Overflow(overflow) => Counter::from_arc(overflow),
            Handle::Dropped => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        if let Some(source) = self.views.source(&self.gauge_sources, key) {
            return Gauge::from_arc(source);
        }
        let find = |key: &Key, _: &Stream<'_>, limits| self.gauge_series(key, limits);
        let (kind, handles) = (InstrumentKind::Gauge, &self.gauge_handles);
        match self.handle(kind, key, metadata, handles, find) {
            Handle::Series(series) => Gauge::from_arc(series),
            Handle::Merged(series) => match self.gauge_sources.get_or_add(key, &series) {
                Some(source) => Gauge::from_arc(source),
                None => Gauge::from_arc(series),
            },
            Handle::Overflow(overflow) => Gauge::from_arc(overflow),
            Handle::Dropped => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let find = |kept: &Key, stream: &Stream<'_>, limits| {
            self.histogram_series(key.name(), kept, stream, limits)
        };
        let (kind, handles) = (InstrumentKind::Histogram, &self.histogram_handles);
        match self.handle(kind, key, metadata, handles, find) {
            // A histogram has nothing that replaces a value.
            Handle::Series(series) | Handle::Merged(series) => Histogram::from_arc(series),
            Handle::Overflow(overflow) => Histogram::from_arc(overflow),
            Handle::Dropped => Histogram::noop(),
        }
    }
}

fn help_text(stream: &Stream<'_>, help: SharedString) -> SharedStr {
    match stream.description() {
        Some(of_view) => of_view.clone(),
        None => prometheus_names::shared_str(help),
    }
}
