//! The kinds of service that can be instrumented.

mod consumer;
mod operations;

use std::marker::PhantomData;
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use std::sync::Arc;

#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use gusset_core::ConfigError;
#[cfg(any(feature = "log", feature = "trace"))]
use gusset_core::Env;
use gusset_core::{MessageOptions, Observer, PlainClassifier, Predicate, Protocol};
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use gusset_http::RequestOptions;
use gusset_http::{Grpc, GrpcClientClassifier, Http, HttpClientClassifier, PathFilter};
#[cfg(feature = "log")]
use gusset_log::{AccessLog, AccessLogBuilder};
#[cfg(feature = "metrics")]
use gusset_metrics::{
    HttpMetrics, HttpMetricsBuilder, RpcMetrics, RpcMetricsBuilder, SharedRecorder,
};
#[cfg(feature = "trace")]
use gusset_trace::{TraceObserver, TraceObserverBuilder};
use tower_layer::Identity;

/// A kind of service: [`HttpServer`], [`HttpClient`], [`GrpcServer`], [`GrpcClient`], [`Consumer`] or
/// [`Operations`]. It is sealed.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a kind of service",
    label = "not a kind of service",
    note = "the kinds are `HttpServer`, `HttpClient`, `GrpcServer`, `GrpcClient`, `Consumer` and `Operations`"
)]
pub trait ServiceKind: Sized + sealed::Sealed {
    type Protocol: Protocol;
    type PathFilter: Predicate<Self::Protocol>;
    type Metrics: Observer<Self::Protocol>;
    type Trace: Observer<Self::Protocol>;
    type Log: Observer<Self::Protocol>;
    /// The layer inside of the observers that injects a client's trace context.
    type Inject: Clone;
    #[cfg(feature = "metrics")]
    type MetricsBuilder: 'static;

    /// The variable with the statuses that are errors, if the calls have statuses of HTTP.
    const ERROR_STATUSES_VARIABLE: Option<&'static str> = None;

    fn path_filter(&self) -> Self::PathFilter;
    fn no_inject() -> Self::Inject;
    #[cfg(feature = "metrics")]
    fn metrics(
        &self,
        recorder: SharedRecorder,
        configure: ConfigureFn<Self::MetricsBuilder>,
        options: &Arc<RequestOptions>,
    ) -> Result<Self::Metrics, ConfigError>;
    #[cfg(feature = "trace")]
    fn trace(
        &self,
        configure: ConfigureFn<TraceObserverBuilder>,
        options: &Arc<RequestOptions>,
        env: Env<'_>,
    ) -> Result<TraceParts<Self>, ConfigError>;
    #[cfg(feature = "log")]
    fn log(
        &self,
        configure: ConfigureFn<AccessLogBuilder>,
        options: &Arc<RequestOptions>,
        env: Env<'_>,
    ) -> Result<Option<Self::Log>, ConfigError>;
}

/// A kind with HTTP requests, to which the options of requests apply.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no HTTP requests",
    label = "this option needs HTTP or gRPC",
    note = "it is for `HttpServer`, `HttpClient`, `GrpcServer` and `GrpcClient`; a consumer has neither path nor headers"
)]
pub trait HttpKind: ServiceKind {
    fn path_filter_mut(&mut self) -> &mut Self::PathFilter;
}

/// The observer that makes spans, and the layer that injects their context.
#[cfg(feature = "trace")]
pub(crate) type TraceParts<K> = (
    Option<<K as ServiceKind>::Trace>,
    <K as ServiceKind>::Inject,
);

/// Configures a builder.
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
pub(crate) type ConfigureFn<B> = Box<dyn FnOnce(B) -> B>;

/// Injects the trace context into a client's requests.
#[cfg(feature = "trace")]
type InjectTrace = gusset_trace::InjectLayer;

#[cfg(not(feature = "trace"))]
type InjectTrace = Identity;

mod sealed {
    pub trait Sealed {}
}

/// An HTTP server. [`PathFilter::DEFAULT_EXCLUDED`] are excluded by default.
#[derive(Clone, Debug)]
pub struct HttpServer {
    path_filter: PathFilter,
}

/// A gRPC server. Health checks are excluded by default.
#[derive(Clone, Debug)]
pub struct GrpcServer {
    path_filter: PathFilter,
}

/// An HTTP client.
#[derive(Clone, Debug, Default)]
pub struct HttpClient {
    path_filter: PathFilter,
}

/// A gRPC client.
#[derive(Clone, Debug, Default)]
pub struct GrpcClient {
    path_filter: PathFilter,
}

/// A consumer of messages of type `Req` with results of type `Res`, classified by `R`.
pub struct Consumer<Req, Res, R = PlainClassifier> {
    pub(crate) options: MessageOptions<Req>,
    messages: PhantomData<fn(Req) -> (Res, R)>,
}

/// Operations: plain code, databases, and messages that are sent.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Operations;

/// Excludes no call.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct NoFilter;

macro_rules! kind {
    (
        $kind:ident: $protocol:ty,
        metrics $metrics:ident, $builder:ident = $side:ident,
        log $log:ident, trace $trace:ident,
        inject $inject:ty = $no_inject:expr, $with:expr,
        error_statuses $error_statuses:expr $(,)?
    ) => {
        impl sealed::Sealed for $kind {}

        impl HttpKind for $kind {
            fn path_filter_mut(&mut self) -> &mut PathFilter {
                &mut self.path_filter
            }
        }

        impl ServiceKind for $kind {
            type Protocol = $protocol;
            type PathFilter = PathFilter;
            #[cfg(feature = "metrics")]
            type Metrics = $metrics;
            #[cfg(not(feature = "metrics"))]
            type Metrics = ();
            #[cfg(feature = "trace")]
            type Trace = TraceObserver;
            #[cfg(not(feature = "trace"))]
            type Trace = ();
            #[cfg(feature = "log")]
            type Log = AccessLog;
            #[cfg(not(feature = "log"))]
            type Log = ();
            type Inject = $inject;
            #[cfg(feature = "metrics")]
            type MetricsBuilder = $builder;

            const ERROR_STATUSES_VARIABLE: Option<&'static str> = $error_statuses;

            fn path_filter(&self) -> PathFilter {
                self.path_filter.clone()
            }

            fn no_inject() -> $inject {
                $no_inject()
            }

            #[cfg(feature = "metrics")]
            fn metrics(
                &self,
                recorder: SharedRecorder,
                configure: ConfigureFn<$builder>,
                options: &Arc<RequestOptions>,
            ) -> Result<$metrics, ConfigError> {
                let builder = $metrics::$side(recorder).request_options(options.clone());
                configure(builder).build()
            }

            #[cfg(feature = "trace")]
            fn trace(
                &self,
                configure: ConfigureFn<TraceObserverBuilder>,
                options: &Arc<RequestOptions>,
                env: Env<'_>,
            ) -> Result<TraceParts<Self>, ConfigError> {
                let builder = TraceObserver::$trace().request_options(options.clone());
                let trace = configure(builder).build_in(env)?;
                let inject = $with(&trace);
                Ok((Some(trace), inject))
            }

            #[cfg(feature = "log")]
            fn log(
                &self,
                configure: ConfigureFn<AccessLogBuilder>,
                options: &Arc<RequestOptions>,
                env: Env<'_>,
            ) -> Result<Option<AccessLog>, ConfigError> {
                let builder = AccessLog::$log().request_options(options.clone());
                configure(builder).build_in(env).map(Some)
            }
        }
    };
}

kind!(
    HttpServer: Http,
    metrics HttpMetrics, HttpMetricsBuilder = server, log server, trace server,
    inject Identity = Identity::new, |_: &TraceObserver| Identity::new(),
    error_statuses Some(HttpServer::ERROR_STATUSES_VARIABLE),
);
kind!(
    HttpClient: Http<HttpClientClassifier>,
    metrics HttpMetrics, HttpMetricsBuilder = client, log client, trace client,
    inject InjectTrace = no_inject, inject,
    error_statuses Some(HttpClient::ERROR_STATUSES_VARIABLE),
);
kind!(
    GrpcServer: Grpc,
    metrics RpcMetrics, RpcMetricsBuilder = server, log grpc_server, trace grpc_server,
    inject Identity = Identity::new, |_: &TraceObserver| Identity::new(),
    error_statuses None,
);
kind!(
    GrpcClient: Http<GrpcClientClassifier>,
    metrics RpcMetrics, RpcMetricsBuilder = client, log grpc_client, trace grpc_client,
    inject InjectTrace = no_inject, inject,
    error_statuses None,
);

#[cfg(feature = "trace")]
fn inject(trace: &TraceObserver) -> InjectTrace {
    InjectTrace::new(trace.propagators().clone())
}

#[cfg(feature = "trace")]
fn no_inject() -> InjectTrace {
    InjectTrace::disabled()
}

#[cfg(not(feature = "trace"))]
fn no_inject() -> InjectTrace {
    InjectTrace::new()
}

// === impl GrpcServer ===

impl Default for GrpcServer {
    fn default() -> Self {
        Self {
            path_filter: PathFilter::excluding(["/grpc.health.v1.Health/*"]),
        }
    }
}

// === impl HttpServer ===

impl HttpServer {
    /// The variable with the statuses of a server that are errors: `500-599,429`. See
    /// [`error_statuses`](crate::InstrumentationBuilder::error_statuses).
    pub const ERROR_STATUSES_VARIABLE: &'static str = "GUSSET_HTTP_SERVER_ERROR_STATUSES";
}

// === impl HttpClient ===

impl HttpClient {
    /// The variable with the statuses that are errors for a client: `400-599`. See
    /// [`error_statuses`](crate::InstrumentationBuilder::error_statuses).
    pub const ERROR_STATUSES_VARIABLE: &'static str = "GUSSET_HTTP_CLIENT_ERROR_STATUSES";
}

impl Default for HttpServer {
    fn default() -> Self {
        Self {
            path_filter: PathFilter::excluding(PathFilter::DEFAULT_EXCLUDED),
        }
    }
}

// === impl NoFilter ===

impl<P: Protocol> Predicate<P> for NoFilter {
    fn matches(&self, _: P::Request<'_>) -> bool {
        true
    }
}
