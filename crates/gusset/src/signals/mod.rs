//! Where the signals of one process go.

mod builder;
mod late;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::Observer;
use gusset_log::{AccessLog, Control, FlushGuard};
use gusset_metrics::Registry;
use gusset_otlp::Spans;
use gusset_prometheus::{Listener, Prometheus};
use gusset_trace::sample::Sampler;
use gusset_trace::{Propagators, Trace};
use tracing::Dispatch;

pub use self::builder::SignalsBuilder;
use crate::{
    Builder, GrpcClient, GrpcServer, HttpClient, HttpServer, InstallError, Kind, Messages,
};

/// Where the three signals of one process go: logs to standard output, metrics to a scrape page, and all
/// three to a collector if the environment names one. A value, made at start and shut down at the end.
///
/// It reads the variables of OpenTelemetry (`OTEL_*`), `RUST_LOG` and `NO_COLOR`. Without any of them
/// lines are written and metrics can be scraped, and nothing is exported, which a line says.
///
/// The layers that it makes write a line for each call, make a span of it and measure it; a client's
/// sends the trace on. Events and spans of the service's own come by its subscriber, which is the
/// process's only if [`install`](Self::install) is called. A task that a handler spawns is taken along by
/// [`gusset_trace::carry`]; see [`SignalsBuilder::call_spans`].
///
/// ```
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let signals = gusset::signals().build()?;
/// # if false {
/// signals.install()?;
/// # }
/// let server = signals.http().build()?;
/// let client = signals.http_client().build()?;
/// // … serve with `server.layer()`, call with `client.layer()`, then:
/// let report = signals.shutdown(Duration::from_secs(5));
/// assert_eq!(report.lost(), 0);
/// # Ok(())
/// # }
/// ```
#[must_use = "signals end when this is dropped"]
pub struct Signals {
    prometheus: Prometheus,
    listener: Option<Listener>,
    registry: Arc<Registry>,
    propagators: Propagators,
    sampler: Arc<dyn Sampler>,
    spans: Spans,
    dispatch: Dispatch,
    control: Control,
    // In this order: what telemetry says at its end is written.
    otlp: gusset_otlp::Telemetry,
    guard: FlushGuard,
}

// === impl Signals ===

impl Signals {
    /// A layer for an HTTP server; see [`gusset::http`](crate::http()).
    pub fn http(&self) -> Builder<HttpServer> {
        self.dress(crate::http())
    }

    /// A layer for a client of HTTP; see [`gusset::http_client`](crate::http_client).
    pub fn http_client(&self) -> Builder<HttpClient> {
        self.dress(crate::http_client())
    }

    /// A layer for a gRPC server; see [`gusset::grpc`](crate::grpc).
    pub fn grpc(&self) -> Builder<GrpcServer> {
        self.dress(crate::grpc())
    }

    /// A layer for a client of gRPC; see [`gusset::grpc_client`](crate::grpc_client).
    pub fn grpc_client(&self) -> Builder<GrpcClient> {
        self.dress(crate::grpc_client())
    }

    /// A layer for a consumer of messages, which is measured; see [`gusset::unary`](crate::unary).
    pub fn unary<Req, Res>(&self, system: impl Into<String>) -> Builder<Messages<Req, Res>>
    where
        Req: 'static,
        Res: 'static,
    {
        crate::unary(system).prometheus(&self.prometheus)
    }

    /// The scrape page.
    pub fn prometheus(&self) -> &Prometheus {
        &self.prometheus
    }

    /// Where the page is served by itself: if `OTEL_METRICS_EXPORTER` has `prometheus` in it, on
    /// `OTEL_EXPORTER_PROMETHEUS_HOST` and `_PORT` or on `127.0.0.1:9464`.
    pub fn page_address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(Listener::local_addr)
    }

    /// Where metrics are recorded: for whatever else measures.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let signals = gusset::signals().build_with(|_| None)?;
    /// metrics::with_local_recorder(&signals.registry(), || metrics::counter!("jobs").increment(1));
    /// assert!(signals.prometheus().page().render().contains("jobs_total 1"));
    /// assert_eq!(signals.page_address(), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.clone()
    }

    /// The subscriber of events and spans: for `tracing::dispatcher::with_default`, where
    /// [`install`](Self::install) is too much.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let signals = gusset::signals().build_with(|_| None)?;
    /// tracing::dispatcher::with_default(signals.dispatch(), || tracing::info!("hello"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn dispatch(&self) -> &Dispatch {
        &self.dispatch
    }

    /// Makes the subscriber that of the whole process, which cannot be undone: from then on `tracing`'s
    /// events and spans come here from anywhere, libraries too. Metrics that are recorded by the macros of
    /// `metrics` do so only with [`Prometheus::install_global`].
    ///
    /// # Errors
    /// If the process has a subscriber already.
    pub fn install(&self) -> Result<(), InstallError> {
        tracing::dispatcher::set_global_default(self.dispatch.clone()).map_err(InstallError::new)
    }

    /// Writes a line for each panic of the process, with its backtrace, and then does what was done before:
    /// global, by name. See [`gusset_log::panics`].
    ///
    /// ```no_run
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let signals = gusset::signals().build()?;
    /// signals.log_panics();
    /// # Ok(())
    /// # }
    /// ```
    pub fn log_panics(&self) {
        gusset_log::panics::install(&self.guard);
    }

    /// Changes which lines are written while the service runs.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use std::time::Duration;
    /// let signals = gusset::signals().build_with(|_| None)?;
    /// signals.log_control().set_for("debug", Duration::from_secs(600))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn log_control(&self) -> &Control {
        &self.control
    }

    /// Ends it by the deadline: exports what is waiting, writes the last lines, and tells what was lost.
    pub fn shutdown(self, deadline: Duration) -> gusset_otlp::Report {
        let Self {
            otlp,
            guard,
            dispatch,
            ..
        } = self;
        // What is said of the end is for the log.
        let report = tracing::dispatcher::with_default(&dispatch, || otlp.shutdown(deadline));
        drop(guard);
        report
    }

    fn dress<K>(&self, builder: Builder<K>) -> Builder<K>
    where
        K: Kind<Log = AccessLog, Trace = Trace>,
        (): Observer<K::Protocol>,
    {
        let (propagators, sampler) = (self.propagators.clone(), self.sampler.clone());
        let spans = self.spans.clone();
        builder
            .prometheus(&self.prometheus)
            .log(|log| log)
            .trace(|trace| {
                trace
                    .propagators(propagators)
                    .sampler(sampler)
                    .export(spans)
            })
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals")
            .field("otlp", &self.otlp)
            .finish_non_exhaustive()
    }
}
