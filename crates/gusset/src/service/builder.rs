//! The settings of everything.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use gusset_admin::ManagementServerBuilder;
use gusset_data::{LogSink, SpanSink};
use gusset_health::HealthBuilder;
use gusset_http::RequestIdLayer;
use gusset_log::LogLayerBuilder;
use gusset_metrics::SharedRecorder;
use gusset_otlp::OtlpPipelineBuilder;
#[cfg(feature = "profile")]
use gusset_profile::ProfileEndpointsBuilder;
use gusset_prometheus::PrometheusExporterBuilder;
use tracing_subscriber::Layer;

use super::parts_builder::PartsBuilder;
use crate::kind::{GrpcClient, GrpcServer, HttpClient, HttpServer};
use crate::telemetry::Signals;
use crate::{InstrumentationBuilder, TelemetryBuilder};

/// Configures a [`Gusset`](crate::Gusset). Created by [`gusset::builder`](crate::builder).
///
/// Each part is on unless it is left out. Values set here override environment variables, which override
/// the defaults.
///
/// ```no_run
/// use std::time::Duration;
///
/// use gusset::health::{Check, SharedDependency};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), gusset::Error> {
/// let database = Check::tcp("database", "10.0.0.7:5432");
/// let gusset = gusset::builder()
///     .http(|http| http.exclude_paths(["/internal/*"]))
///     .health(|health| health.health_check(SharedDependency(database)))
///     .management(|management| management.port(9000))
///     .flush_deadline(Duration::from_secs(3))
///     .init()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `build` or `init` is called"]
pub struct GussetBuilder {
    pub(super) telemetry: TelemetryBuilder,
    pub(super) signals: Signals,
    pub(super) has_panic_hook: bool,
    pub(super) parts: PartsBuilder,
    #[cfg(feature = "serde")]
    pub(super) config: crate::Config,
    /// The sections of the file that code configures too.
    #[cfg(feature = "serde")]
    pub(super) code: std::collections::BTreeSet<&'static str>,
}

// === impl GussetBuilder ===

impl GussetBuilder {
    pub(crate) fn new() -> Self {
        Self {
            telemetry: crate::telemetry(),
            signals: Signals::ALL,
            has_panic_hook: true,
            parts: PartsBuilder::new(),
            #[cfg(feature = "serde")]
            config: crate::Config::default(),
            #[cfg(feature = "serde")]
            code: std::collections::BTreeSet::new(),
        }
    }

    /// Configures log, traces and metrics: the resource, the sampler, buckets, redaction.
    pub fn telemetry(
        mut self,
        configure: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder,
    ) -> Self {
        self.note_code(&["logs", "traces", "metrics", "otlp"]);
        self.telemetry = configure(self.telemetry);
        self
    }

    /// Adds a layer to the `tracing` subscriber, for example that of Sentry, tokio-console or
    /// tracing-opentelemetry. See [`TelemetryBuilder::layer`].
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<tracing_subscriber::Registry> + Send + Sync,
    {
        self.telemetry = self.telemetry.layer(layer);
        self
    }

    /// Registers an [own field](crate::field) of calls with all of its values. See [`TelemetryBuilder::field`].
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::builder()
    ///     .field("tenant", ["blue", "green"])
    ///     .baggage_fields(["tenant", "user.id"])
    ///     .without_health()
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn field<I>(self, name: impl Into<Box<str>>, values: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        self.telemetry(|telemetry| telemetry.field(name, values))
    }

    /// Adds members of the baggage that servers take as own fields of their calls, from trusted senders only. See
    /// [`TelemetryBuilder::baggage_fields`].
    pub fn baggage_fields<I>(self, keys: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Cow<'static, str>>,
    {
        self.telemetry(|telemetry| telemetry.baggage_fields(keys))
    }

    /// Records all metrics into this recorder of the `metrics` facade instead of gusset's registry. See
    /// [`TelemetryBuilder::recorder`].
    ///
    /// The management server then has no `/metrics`, and [`init`](Self::init) installs no global recorder: both
    /// remain with the service. The metrics of the `metrics` macros go where the service sends them.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use gusset::metrics::GlobalRecorder;
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// // … the service installs a recorder, before or after.
    /// let recorder = Arc::new(GlobalRecorder::new());
    /// let gusset = gusset::builder().recorder(recorder).without_health().build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.note_code(&["metrics"]);
        self.telemetry = self.telemetry.recorder(recorder);
        self
    }

    /// Adds a sink of ended spans. See [`TelemetryBuilder::spans`].
    ///
    /// ```
    /// use gusset::data::{SpanData, SpanSink};
    ///
    /// struct Print;
    /// impl SpanSink for Print {
    ///     fn export(&self, span: SpanData) {
    ///         println!("{}", span.name);
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::builder().spans(Print).without_health().build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn spans(mut self, sink: impl SpanSink) -> Self {
        self.note_code(&["traces"]);
        self.telemetry = self.telemetry.spans(sink);
        self
    }

    /// Adds a sink of log records. See [`TelemetryBuilder::logs`].
    pub fn logs(mut self, sink: impl LogSink) -> Self {
        self.note_code(&["logs"]);
        self.telemetry = self.telemetry.logs(sink);
        self
    }

    /// Makes calls and OpenTelemetry's current context follow each other. See
    /// [`TelemetryBuilder::opentelemetry_context`].
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::builder().opentelemetry_context().without_health().build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "opentelemetry")]
    pub fn opentelemetry_context(self) -> Self {
        self.telemetry(TelemetryBuilder::opentelemetry_context)
    }

    /// Configures the log. See [`TelemetryBuilder::log`].
    pub fn log<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(LogLayerBuilder) -> LogLayerBuilder + 'static,
    {
        self.note_code(&["logs"]);
        self.telemetry = self.telemetry.log(configure);
        self
    }

    /// Configures the export over OTLP. See [`TelemetryBuilder::otlp`].
    pub fn otlp<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(OtlpPipelineBuilder) -> OtlpPipelineBuilder + 'static,
    {
        self.note_code(&["otlp"]);
        self.telemetry = self.telemetry.otlp(configure);
        self
    }

    /// Configures the scrape endpoint. See [`TelemetryBuilder::prometheus`].
    pub fn prometheus<F>(self, configure: F) -> Self
    where
        F: FnOnce(PrometheusExporterBuilder) -> PrometheusExporterBuilder + 'static,
    {
        self.telemetry(|telemetry| telemetry.prometheus(configure))
    }

    /// Configures the health: checks, heartbeats, the times of the shutdown.
    pub fn health<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(HealthBuilder) -> HealthBuilder + 'static,
    {
        self.note_code(&["health"]);
        self.parts.health = Box::new(configure);
        self
    }

    /// Configures the management server: host, port, other endpoints.
    ///
    /// Defaults to port 9464 of 127.0.0.1 with [`init`](Self::init), and to a free port with
    /// [`build`](Self::build), of which a process may have several.
    pub fn management<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(ManagementServerBuilder) -> ManagementServerBuilder + 'static,
    {
        self.note_code(&["management"]);
        self.parts.management = Box::new(configure);
        self
    }

    /// Configures the profiles on the management server: their limit and frequency.
    ///
    /// They are at `/debug/pprof/profile` and `/debug/pprof/heap`, if the features `profile-cpu` and
    /// `profile-heap` are enabled. They require the [`controls_token`](Self::controls_token): without one, every
    /// request is refused. **The features have [hazards](gusset_profile#hazards).**
    #[cfg(feature = "profile")]
    #[cfg_attr(docsrs, doc(cfg(feature = "profile")))]
    pub fn profile<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(ProfileEndpointsBuilder) -> ProfileEndpointsBuilder + 'static,
    {
        self.parts.profile = Box::new(configure);
        self
    }

    /// Sets the token that `/log-filter`, `/trace-sampling` and profiles of the management server require, as
    /// `Authorization: Bearer <token>`. At least 16 characters.
    ///
    /// Without it the first two are served on a loopback address only, and not to websites in a browser, and
    /// there are no profiles.
    pub fn controls_token(mut self, token: impl Into<String>) -> Self {
        self.parts.controls_token = Some(token.into());
        self
    }

    /// Configures the layers of HTTP servers, or leaves signals out of them.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::builder()
    ///     .http(|http| http.exclude_paths(["/internal/*"]).without_trace())
    ///     .without_health()
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn http<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(InstrumentationBuilder<HttpServer>) -> InstrumentationBuilder<HttpServer>
            + 'static,
    {
        self.note_code(&["http"]);
        self.parts.http = Box::new(configure);
        self
    }

    /// Configures the layers of HTTP clients, or leaves signals out of them.
    pub fn http_client<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(InstrumentationBuilder<HttpClient>) -> InstrumentationBuilder<HttpClient>
            + 'static,
    {
        self.parts.http_client = Box::new(configure);
        self
    }

    /// Configures the layers of gRPC servers, or leaves signals out of them.
    pub fn grpc<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(InstrumentationBuilder<GrpcServer>) -> InstrumentationBuilder<GrpcServer>
            + 'static,
    {
        self.note_code(&["http"]);
        self.parts.grpc = Box::new(configure);
        self
    }

    /// Configures the layers of gRPC clients, or leaves signals out of them.
    pub fn grpc_client<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(InstrumentationBuilder<GrpcClient>) -> InstrumentationBuilder<GrpcClient>
            + 'static,
    {
        self.parts.grpc_client = Box::new(configure);
        self
    }

    /// Sets the system of [`Gusset::consumer`](crate::Gusset::consumer), `messaging.system`: `kafka`, `rabbitmq`. Defaults to
    /// `_OTHER`.
    pub fn messaging_system(mut self, system: impl Into<String>) -> Self {
        self.parts.messaging_system = Some(system.into());
        self
    }

    /// Sets the request id of servers, for example its header. Defaults to `x-request-id`.
    pub fn request_id(mut self, layer: RequestIdLayer) -> Self {
        self.parts.request_id = Some(layer);
        self
    }

    /// Sets how long the end of [`Gusset::serve`](crate::Gusset::serve) may take to flush: functions of
    /// [`HealthBuilder::flush`], and then telemetry. It is part of the platform's grace period
    /// ([`HealthBuilder::termination_grace`]). Defaults to 5 s.
    pub fn flush_deadline(mut self, deadline: Duration) -> Self {
        self.parts.flush_deadline = Some(deadline);
        self
    }

    /// Notes that code configures sections of the file too.
    #[cfg_attr(
        not(feature = "serde"),
        expect(unused_variables, clippy::unused_self, reason = "there is no file")
    )]
    pub(super) fn note_code(&mut self, sections: &[&'static str]) {
        #[cfg(feature = "serde")]
        self.code.extend(sections);
    }
}

impl fmt::Debug for GussetBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GussetBuilder")
            .field("telemetry", &self.telemetry)
            .field("signals", &self.signals)
            .finish_non_exhaustive()
    }
}
