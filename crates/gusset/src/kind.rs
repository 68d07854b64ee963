//! The kinds of service that a layer can be put together for.

use std::fmt;
use std::marker::PhantomData;

use gusset_core::{Classify, Observer, PlainClassifier, Predicate, Protocol, RequestResponse};
use gusset_http::{self as rules, Grpc, Http, PathFilter};
#[cfg(feature = "log")]
use gusset_log::{AccessLog, AccessLogBuilder};
#[cfg(feature = "prometheus")]
use gusset_metrics::{
    HttpMetrics, HttpMetricsBuilder, MessageMetrics, MessageMetricsBuilder, RpcMetrics,
    RpcMetricsBuilder, SharedRecorder,
};
#[cfg(feature = "trace")]
use gusset_trace::{Trace, TraceBuilder};
use tower_layer::Identity;

#[cfg(any(feature = "log", feature = "prometheus", feature = "trace"))]
use crate::BuildError;
use crate::layer::Sends;

/// A kind of service: [`HttpServer`], [`HttpClient`], [`GrpcServer`], [`GrpcClient`] or [`Messages`].
/// Not to be implemented elsewhere.
pub trait Kind: Sized + sealed::Sealed {
    /// What its messages are.
    type Protocol: Protocol;
    /// Which of its calls are left out.
    type Skip: Predicate<Self::Protocol>;
    /// What measures it.
    type Metrics: Observer<Self::Protocol>;
    /// What makes its spans.
    type Trace: Observer<Self::Protocol>;
    /// What writes a line for each call.
    type Log: Observer<Self::Protocol>;
    /// What lies inside of the observers: what sends a client's trace on.
    type Inner: Clone;
    /// What configures what measures it.
    #[cfg(feature = "prometheus")]
    type MetricsBuilder: 'static;

    #[doc(hidden)]
    fn skip(&self) -> Self::Skip;
    #[doc(hidden)]
    fn inner() -> Self::Inner;
    #[doc(hidden)]
    #[cfg(feature = "prometheus")]
    fn metrics(
        &self,
        recorder: SharedRecorder,
        configure: Configure<Self::MetricsBuilder>,
        env: Env<'_>,
    ) -> Result<Self::Metrics, BuildError>;
    #[doc(hidden)]
    #[cfg(not(feature = "prometheus"))]
    fn unmeasured() -> Self::Metrics;
    #[doc(hidden)]
    #[cfg(feature = "trace")]
    fn trace(
        &self,
        configure: Configure<TraceBuilder>,
        env: Env<'_>,
    ) -> Result<Traced<Self>, BuildError>;
    #[doc(hidden)]
    #[cfg(feature = "log")]
    fn log(
        &self,
        configure: Configure<AccessLogBuilder>,
        env: Env<'_>,
    ) -> Result<Option<Self::Log>, BuildError>;
}

/// What makes spans and what sends their ids on, if the kind has any.
#[cfg(feature = "trace")]
pub(crate) type Traced<K> = Option<(<K as Kind>::Trace, <K as Kind>::Inner)>;

/// What a user makes of a builder.
#[cfg(any(feature = "log", feature = "prometheus", feature = "trace"))]
pub(crate) type Configure<B> = Box<dyn FnOnce(B) -> B>;

/// The environment, as it is given.
#[cfg(any(feature = "log", feature = "prometheus", feature = "trace"))]
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

mod sealed {
    pub trait Sealed {}
}

/// An HTTP server. Probes and scrapes ([`PathFilter::DEFAULT_EXCLUDED`]) are left out.
#[derive(Clone, Debug)]
pub struct HttpServer {
    pub(crate) skip: PathFilter,
}

/// A gRPC server. Health checks are left out.
#[derive(Clone, Debug)]
pub struct GrpcServer {
    pub(crate) skip: PathFilter,
}

/// A client of HTTP.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct HttpClient;

/// A client of gRPC.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct GrpcClient;

/// A consumer of messages of type `Req`, answered with `Res`, judged by the rules `R`.
pub struct Messages<Req, Res, R = PlainClassifier> {
    #[cfg_attr(
        not(feature = "prometheus"),
        allow(dead_code, reason = "only measured")
    )]
    system: String,
    messages: PhantomData<fn(Req) -> (Res, R)>,
}

/// Leaves nothing out.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Nothing;

macro_rules! kind {
    (
        $kind:ident: $protocol:ty, skip $skip:ty = $skips:expr,
        metrics $metrics:ident, $builder:ident = $side:ident, $build:expr,
        log $log:expr, trace $trace:expr, inner $inner:ty = $without:expr, $with:expr $(,)?
    ) => {
        impl sealed::Sealed for $kind {}

        impl Kind for $kind {
            type Protocol = $protocol;
            type Skip = $skip;
            #[cfg(feature = "prometheus")]
            type Metrics = $metrics;
            #[cfg(not(feature = "prometheus"))]
            type Metrics = ();
            #[cfg(feature = "trace")]
            type Trace = Trace;
            #[cfg(not(feature = "trace"))]
            type Trace = ();
            #[cfg(feature = "log")]
            type Log = AccessLog;
            #[cfg(not(feature = "log"))]
            type Log = ();
            type Inner = $inner;
            #[cfg(feature = "prometheus")]
            type MetricsBuilder = $builder;

            fn skip(&self) -> $skip {
                $skips(self)
            }

            fn inner() -> $inner {
                $without()
            }

            #[cfg(feature = "prometheus")]
            fn metrics(
                &self,
                recorder: SharedRecorder,
                configure: Configure<$builder>,
                env: Env<'_>,
            ) -> Result<$metrics, BuildError> {
                let builder = configure($metrics::$side(recorder));
                $build(builder, env).map_err(BuildError::new)
            }

            #[cfg(not(feature = "prometheus"))]
            fn unmeasured() {}

            #[cfg(feature = "trace")]
            fn trace(
                &self,
                configure: Configure<TraceBuilder>,
                env: Env<'_>,
            ) -> Result<Traced<Self>, BuildError> {
                let trace = configure($trace()).build_with(env);
                let trace = trace.map_err(BuildError::new)?;
                let inner = $with(&trace);
                Ok(Some((trace, inner)))
            }

            #[cfg(feature = "log")]
            fn log(
                &self,
                configure: Configure<AccessLogBuilder>,
                env: Env<'_>,
            ) -> Result<Option<AccessLog>, BuildError> {
                let log = configure($log()).build_with(env);
                log.map(Some).map_err(BuildError::new)
            }
        }
    };
}

kind!(
    HttpServer: Http, skip PathFilter = |kind: &Self| kind.skip.clone(),
    metrics HttpMetrics, HttpMetricsBuilder = server, HttpMetricsBuilder::build_with,
    log AccessLog::server, trace Trace::server, inner Identity = Identity::new, |_: &Trace| Identity::new(),
);
kind!(
    HttpClient: Http<rules::HttpClientClassifier>, skip Nothing = |_| Nothing,
    metrics HttpMetrics, HttpMetricsBuilder = client, HttpMetricsBuilder::build_with,
    log AccessLog::client, trace Trace::client, inner Sends = sends_nothing, sends,
);
kind!(
    GrpcServer: Grpc, skip PathFilter = |kind: &Self| kind.skip.clone(),
    metrics RpcMetrics, RpcMetricsBuilder = server, |builder: RpcMetricsBuilder, _| builder.build(),
    log AccessLog::grpc_server, trace Trace::grpc_server, inner Identity = Identity::new, |_: &Trace| Identity::new(),
);
kind!(
    GrpcClient: Http<rules::GrpcClientClassifier>, skip Nothing = |_| Nothing,
    metrics RpcMetrics, RpcMetricsBuilder = client, |builder: RpcMetricsBuilder, _| builder.build(),
    log AccessLog::grpc_client, trace Trace::grpc_client, inner Sends = sends_nothing, sends,
);

#[cfg(feature = "trace")]
fn sends(trace: &Trace) -> Sends {
    Sends::new(trace.propagators().clone())
}

#[cfg(feature = "trace")]
fn sends_nothing() -> Sends {
    Sends::disabled()
}

#[cfg(not(feature = "trace"))]
fn sends_nothing() -> Sends {
    Sends::new()
}

// === impl GrpcServer ===

impl Default for GrpcServer {
    fn default() -> Self {
        Self {
            skip: PathFilter::excluding(["/grpc.health.v1.Health/*"]),
        }
    }
}

// === impl HttpServer ===

impl Default for HttpServer {
    fn default() -> Self {
        Self {
            skip: PathFilter::excluding(PathFilter::DEFAULT_EXCLUDED),
        }
    }
}

// === impl Messages ===

impl<Req, Res> Messages<Req, Res> {
    pub(crate) fn new(system: String) -> Self {
        Self {
            system,
            messages: PhantomData,
        }
    }

    pub(crate) fn with_rules<R>(self) -> Messages<Req, Res, R> {
        Messages {
            system: self.system,
            messages: PhantomData,
        }
    }
}

impl<Req, Res, R> sealed::Sealed for Messages<Req, Res, R> {}

impl<Req, Res, R> Kind for Messages<Req, Res, R>
where
    Req: 'static,
    Res: 'static,
    R: Classify<RequestResponse<Req, Res, R>>,
{
    type Protocol = RequestResponse<Req, Res, R>;
    type Skip = Nothing;
    #[cfg(feature = "prometheus")]
    type Metrics = MessageMetrics<Req>;
    #[cfg(not(feature = "prometheus"))]
    type Metrics = ();
    type Trace = ();
    type Log = ();
    type Inner = Identity;
    #[cfg(feature = "prometheus")]
    type MetricsBuilder = MessageMetricsBuilder<Req>;

    fn skip(&self) -> Nothing {
        Nothing
    }

    fn inner() -> Identity {
        Identity::new()
    }

    #[cfg(feature = "prometheus")]
    fn metrics(
        &self,
        recorder: SharedRecorder,
        configure: Configure<MessageMetricsBuilder<Req>>,
        _: Env<'_>,
    ) -> Result<MessageMetrics<Req>, BuildError> {
        let builder = configure(MessageMetrics::consumer(recorder, self.system.clone()));
        builder.build().map_err(BuildError::new)
    }

    #[cfg(not(feature = "prometheus"))]
    fn unmeasured() {}

    #[cfg(feature = "trace")]
    fn trace(&self, _: Configure<TraceBuilder>, _: Env<'_>) -> Result<Traced<Self>, BuildError> {
        Ok(None)
    }

    #[cfg(feature = "log")]
    fn log(&self, _: Configure<AccessLogBuilder>, _: Env<'_>) -> Result<Option<()>, BuildError> {
        Ok(None)
    }
}

impl<Req, Res, R> fmt::Debug for Messages<Req, Res, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Messages")
    }
}

// === impl Nothing ===

impl<P: Protocol> Predicate<P> for Nothing {
    fn matches(&self, _: P::Request<'_>) -> bool {
        true
    }
}
