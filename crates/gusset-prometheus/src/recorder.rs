//! Where measurements go in.

use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

use crate::store::Store;
use crate::translate;

/// Records what is measured for one page; implements [`metrics::Recorder`].
///
/// A clone records for the same page. Hand it to whatever takes a recorder, make it the recorder of
/// a scope with [`metrics::with_local_recorder`], or of the whole process with
/// [`Prometheus::install_global`](crate::Prometheus::install_global).
///
/// Describe a metric before it is used: the unit is part of its name on the page, and chooses the
/// boundaries of a histogram that was not given any. Of several descriptions of one metric the first
/// stands. Names are given in OpenTelemetry's spelling; one metric spelt in two ways
/// (`queue.depth`, `queue_depth`) is one metric.
///
/// # Cost
///
/// Recording through a handle is an atomic addition for a counter, an atomic store for a gauge; for
/// a histogram a search among its boundaries, an atomic addition and an atomic exchange. It never
/// allocates, locks or waits, whether or not anybody scrapes. Asking for a handle costs a read lock,
/// and a few allocations the first time. Each distinct set of labels lives as long as the recorder:
/// keep label values few.
///
/// # Example
///
/// ```
/// use gusset_prometheus::{Prometheus, Resource};
/// use metrics::{Unit, counter, describe_histogram, histogram};
///
/// # fn main() -> Result<(), gusset_prometheus::BuildError> {
/// let prometheus = Prometheus::builder().resource(Resource::new()).build()?;
/// metrics::with_local_recorder(&prometheus.recorder(), || {
///     describe_histogram!("job.duration", Unit::Seconds, "Time a job takes.");
///     histogram!("job.duration", "job.kind" => "nightly").record(0.3);
///     counter!("jobs").increment(1);
/// });
///
/// let page = prometheus.page().render();
/// assert!(page.contains(r#"job_duration_seconds_bucket{job_kind="nightly",le="0.5"} 1"#));
/// assert!(page.contains("jobs_total 1"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    store: Arc<Store>,
}

// === impl Recorder ===

impl Recorder {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        let (name, help) = for_exporter(&name, help);
        self.store.exporter.describe_counter(name, unit, help);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        let (name, help) = for_exporter(&name, help);
        self.store.exporter.describe_gauge(name, unit, help);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.store.histograms.describe(name.as_str(), unit, &help);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.store.counter_handles.get(key, || {
            let key = translate::exporter_key(key);
            self.store.exporter.register_counter(&key, metadata)
        })
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.store.gauge_handles.get(key, || {
            let key = translate::exporter_key(key);
            self.store.exporter.register_gauge(&key, metadata)
        })
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.store.histogram_handles.get(key, || {
            let labels = translate::labels(translate::pairs(key), Some("le"));
            Histogram::from_arc(self.store.histograms.series(key.name(), &labels))
        })
    }
}

fn for_exporter(name: &KeyName, help: SharedString) -> (KeyName, SharedString) {
    let name = translate::metric_name(name.as_str()).into_owned();
    let help = translate::exporter_text(help.into_owned());
    (KeyName::from(name), SharedString::from(help))
}
