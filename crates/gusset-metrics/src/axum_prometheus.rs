//! The metrics of axum-prometheus under their names, for the time of a change.

use std::fmt;
use std::sync::{Arc, OnceLock};

use gusset_core::{CallContext, CallObserver, End, Observer, ObserverId, Table};
use gusset_data::semconv::OTEL_METRIC_OVERFLOW;
use gusset_http::{
    Http, HttpClassifier, RequestAttributes, RequestHead, RequestOptions, ResponseHead, Side,
};
use metrics::{Counter, Gauge, Histogram, Label};

use crate::SharedRecorder;
use crate::intern::{InternedId, LabelInterner};
use crate::names::{InstrumentKind, MetricDescriptor, Unit};
use crate::registered::registered;

const METHOD: &str = "method";
const STATUS: &str = "status";
const ENDPOINT: &str = "endpoint";

/// The boundaries of axum-prometheus, in seconds.
const BUCKETS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

const TOTAL: MetricDescriptor = MetricDescriptor::new(
    "axum_http_requests_total",
    InstrumentKind::Counter,
    Unit::Count("{request}"),
    "Number of requests with response headers. Use gusset_http_server_outcomes_total.",
)
.with_labels(&[METHOD, STATUS, ENDPOINT]);

/// The registry knows its boundaries.
pub(crate) const DURATION: MetricDescriptor = MetricDescriptor::new(
    "axum_http_requests_duration_seconds",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Time to the response headers. Use http_server_request_duration_seconds.",
)
.with_labels(&[METHOD, STATUS, ENDPOINT])
.with_boundaries(BUCKETS);

const PENDING: MetricDescriptor = MetricDescriptor::new(
    "axum_http_requests_pending",
    InstrumentKind::UpDownCounter,
    Unit::Count("{request}"),
    "Number of active requests. Use http_server_active_requests.",
)
.with_labels(&[METHOD, ENDPOINT]);

/// The maximum number of series of each metric.
const CARDINALITY_LIMIT: u16 = 2000;

/// Records the three metrics of axum-prometheus beside those of [`HttpMetrics`](crate::HttpMetrics), so
/// that dashboards and alerts work until they are changed.
///
/// | metric | labels | value |
/// |---|---|---|
/// | `axum_http_requests_total` | `method`, `status`, `endpoint` | requests with response headers |
/// | `axum_http_requests_duration_seconds` | `method`, `status`, `endpoint` | time to the headers, in the buckets of axum-prometheus |
/// | `axum_http_requests_pending` | `method`, `endpoint` | requests whose response has not ended |
///
/// The values are those of axum-prometheus, with two exceptions, so that clients cannot create series. A
/// request without a route has no `endpoint`, which was its path. An unknown method is `_OTHER`, which was
/// empty. A metric has at most 2,000 series; the requests over that limit share one.
///
/// Add it where the layer of axum-prometheus was. It costs a request two look-ups and four atomic operations.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::Http;
/// use gusset_metrics::{AxumPrometheusMetrics, Registry};
/// use std::sync::Arc;
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let registry = Arc::new(Registry::builder().build()?);
/// let layer = ObserveLayer::<Http, _>::new(AxumPrometheusMetrics::new(registry));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AxumPrometheusMetrics(Arc<Instruments>);

/// The state of one call of [`AxumPrometheusMetrics`].
pub struct AxumPrometheusCall {
    instruments: Arc<Instruments>,
    key: Key,
}

struct Instruments {
    recorder: SharedRecorder,
    options: RequestOptions,
    routes: LabelInterner,
    requests: Table<Key, Handles>,
    requests_over_limit: Handles,
    pending: Table<Key, OnceLock<Gauge>>,
    pending_over_limit: OnceLock<Gauge>,
}

/// The identity of a series. The status of pending requests is zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    route: InternedId,
    method: u8,
    status: u16,
}

#[derive(Default)]
struct Handles {
    total: OnceLock<Counter>,
    duration: OnceLock<Histogram>,
}

// === impl AxumPrometheusMetrics ===

impl AxumPrometheusMetrics {
    /// Creates the observer, and describes the metrics to the recorder.
    pub fn new(recorder: SharedRecorder) -> Self {
        for metric in [TOTAL, DURATION, PENDING] {
            metric.describe(&recorder);
        }
        let limit = usize::from(CARDINALITY_LIMIT);
        Self(Arc::new(Instruments {
            recorder,
            options: RequestOptions::default(),
            routes: LabelInterner::new(CARDINALITY_LIMIT),
            requests: Table::new(limit),
            requests_over_limit: Handles::default(),
            pending: Table::new(limit),
            pending_over_limit: OnceLock::new(),
        }))
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for AxumPrometheusMetrics {
    type Call = AxumPrometheusCall;

    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> AxumPrometheusCall {
        let Self(instruments) = self;
        let attributes = RequestAttributes::new(req, Side::Server, &instruments.options);
        let route = attributes.untruncated_route();
        let method = u8::try_from(attributes.method_index());
        let key = Key {
            route: route.map_or(InternedId::NONE, |route| instruments.routes.id(route)),
            method: method.expect("at most 64 methods are known"),
            status: 0,
        };
        instruments.pending(key).increment(1.0);
        AxumPrometheusCall {
            instruments: Arc::clone(instruments),
            key,
        }
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.0)
    }
}

// === impl AxumPrometheusCall ===

impl<R: HttpClassifier> CallObserver<Http<R>> for AxumPrometheusCall {
    fn on_response(&mut self, res: ResponseHead<'_>, cx: &CallContext) {
        let Self { instruments, key } = self;
        let key = Key {
            status: res.status.as_u16(),
            ..*key
        };
        let time = cx.time_to_headers().unwrap_or_else(|| cx.elapsed());
        instruments.record(key, time.as_secs_f64());
    }

    fn on_end(self, _: End<'_, Http<R>>, _: &CallContext) {
        self.instruments.pending(self.key).decrement(1.0);
    }
}

// === impl Instruments ===

impl Instruments {
    fn record(&self, key: Key, seconds: f64) {
        let (handles, key) = match find(&self.requests, key) {
            Some(handles) => (handles, Some(key)),
            None => (&self.requests_over_limit, None),
        };
        let total = handles.total.get();
        let total = total.unwrap_or_else(|| {
            registered(&handles.total, || {
                TOTAL.counter(&self.recorder, self.labels(key))
            })
        });
        let duration = handles.duration.get();
        let duration = duration.unwrap_or_else(|| {
            registered(&handles.duration, || {
                DURATION.histogram(&self.recorder, self.labels(key))
            })
        });
        total.increment(1);
        duration.record(seconds);
    }

    fn pending(&self, key: Key) -> &Gauge {
        let (gauge, key) = match find(&self.pending, key) {
            Some(gauge) => (gauge, Some(key)),
            // A full table stays full, so the end of the call finds the same gauge.
            None => (&self.pending_over_limit, None),
        };
        gauge.get().unwrap_or_else(|| {
            registered(gauge, || PENDING.gauge(&self.recorder, self.labels(key)))
        })
    }

    /// Returns the labels of a key, or those of the requests over the limit.
    fn labels(&self, key: Option<Key>) -> Vec<Label> {
        let Some(Key {
            route,
            method,
            status,
        }) = key
        else {
            return vec![Label::from_static_parts(OTEL_METRIC_OVERFLOW, "true")];
        };
        let method = self.options.method_name(method.into()).to_owned();
        let mut labels = vec![Label::new(METHOD, method)];
        if status != 0 {
            labels.push(Label::new(STATUS, status.to_string()));
        }
        if let Some(route) = self.routes.text(route) {
            labels.push(Label::new(ENDPOINT, route.to_owned()));
        }
        labels
    }
}

/// Returns the entry of a key, which is added if it is new. Returns `None` over the limit.
fn find<V: Default>(table: &Table<Key, V>, key: Key) -> Option<&V> {
    if key.route == InternedId::OVERFLOW {
        return None;
    }
    match table.get(&key) {
        None if table.is_full() => None,
        None => table.insert(key, |_| V::default()),
        found => found,
    }
}

impl fmt::Debug for AxumPrometheusMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AxumPrometheusMetrics")
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AxumPrometheusCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AxumPrometheusCall").finish_non_exhaustive()
    }
}
