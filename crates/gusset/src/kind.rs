//! The kinds of service that a layer can be put together for.

use std::fmt;
use std::marker::PhantomData;

use gusset_core::{Classify, Protocol, Select, Unary, UnaryRules};
use gusset_http::{self as rules, Grpc, Http, Paths};
#[cfg(feature = "prometheus")]
use gusset_metrics::{
    ConfigError, HttpMetrics, HttpMetricsBuilder, MessageMetrics, MessageMetricsBuilder,
    RpcMetrics, RpcMetricsBuilder, SharedRecorder,
};

/// A kind of service: [`HttpServer`], [`HttpClient`], [`GrpcServer`], [`GrpcClient`] or [`Messages`].
/// Not to be implemented elsewhere.
pub trait Kind: Sized + sealed::Sealed {
    /// What its messages are.
    type Protocol: Protocol;
    /// Which of its calls are left out.
    type Skip: Select<Self::Protocol>;
    /// What measures it.
    #[cfg(feature = "prometheus")]
    type Metrics: gusset_core::Observer<Self::Protocol>;
    /// What configures that.
    #[cfg(feature = "prometheus")]
    type MetricsBuilder: 'static;

    #[doc(hidden)]
    fn skip(&self) -> Self::Skip;
    #[doc(hidden)]
    #[cfg(feature = "prometheus")]
    fn metrics(&self, recorder: SharedRecorder) -> Self::MetricsBuilder;
    #[doc(hidden)]
    #[cfg(feature = "prometheus")]
    fn build(
        builder: Self::MetricsBuilder,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self::Metrics, ConfigError>;
}

mod sealed {
    pub trait Sealed {}
}

/// An HTTP server. Probes and scrapes ([`Paths::PROBES`]) are left out.
#[derive(Clone, Debug)]
pub struct HttpServer {
    pub(crate) skip: Paths,
}

/// A gRPC server.
#[derive(Clone, Debug, Default)]
pub struct GrpcServer {
    pub(crate) skip: Paths,
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
pub struct Messages<Req, Res, R = UnaryRules> {
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

// === impl HttpServer ===

impl Default for HttpServer {
    fn default() -> Self {
        Self {
            skip: Paths::except(Paths::PROBES),
        }
    }
}

impl sealed::Sealed for HttpServer {}

impl Kind for HttpServer {
    type Protocol = Http;
    type Skip = Paths;
    #[cfg(feature = "prometheus")]
    type Metrics = HttpMetrics;
    #[cfg(feature = "prometheus")]
    type MetricsBuilder = HttpMetricsBuilder;

    fn skip(&self) -> Paths {
        self.skip.clone()
    }

    #[cfg(feature = "prometheus")]
    fn metrics(&self, recorder: SharedRecorder) -> HttpMetricsBuilder {
        HttpMetrics::server(recorder)
    }

    #[cfg(feature = "prometheus")]
    fn build(
        builder: HttpMetricsBuilder,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<HttpMetrics, ConfigError> {
        builder.build_with(env)
    }
}

// === impl GrpcServer ===

impl sealed::Sealed for GrpcServer {}

impl Kind for GrpcServer {
    type Protocol = Grpc;
    type Skip = Paths;
    #[cfg(feature = "prometheus")]
    type Metrics = RpcMetrics;
    #[cfg(feature = "prometheus")]
    type MetricsBuilder = RpcMetricsBuilder;

    fn skip(&self) -> Paths {
        self.skip.clone()
    }

    #[cfg(feature = "prometheus")]
    fn metrics(&self, recorder: SharedRecorder) -> RpcMetricsBuilder {
        RpcMetrics::server(recorder)
    }

    #[cfg(feature = "prometheus")]
    fn build(
        builder: RpcMetricsBuilder,
        _: &dyn Fn(&str) -> Option<String>,
    ) -> Result<RpcMetrics, ConfigError> {
        builder.build()
    }
}

// === impl HttpClient ===

impl sealed::Sealed for HttpClient {}

impl Kind for HttpClient {
    type Protocol = Http<rules::HttpClient>;
    type Skip = Nothing;
    #[cfg(feature = "prometheus")]
    type Metrics = HttpMetrics;
    #[cfg(feature = "prometheus")]
    type MetricsBuilder = HttpMetricsBuilder;

    fn skip(&self) -> Nothing {
        Nothing
    }

    #[cfg(feature = "prometheus")]
    fn metrics(&self, recorder: SharedRecorder) -> HttpMetricsBuilder {
        HttpMetrics::client(recorder)
    }

    #[cfg(feature = "prometheus")]
    fn build(
        builder: HttpMetricsBuilder,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<HttpMetrics, ConfigError> {
        builder.build_with(env)
    }
}

// === impl GrpcClient ===

impl sealed::Sealed for GrpcClient {}

impl Kind for GrpcClient {
    type Protocol = Http<rules::GrpcClient>;
    type Skip = Nothing;
    #[cfg(feature = "prometheus")]
    type Metrics = RpcMetrics;
    #[cfg(feature = "prometheus")]
    type MetricsBuilder = RpcMetricsBuilder;

    fn skip(&self) -> Nothing {
        Nothing
    }

    #[cfg(feature = "prometheus")]
    fn metrics(&self, recorder: SharedRecorder) -> RpcMetricsBuilder {
        RpcMetrics::client(recorder)
    }

    #[cfg(feature = "prometheus")]
    fn build(
        builder: RpcMetricsBuilder,
        _: &dyn Fn(&str) -> Option<String>,
    ) -> Result<RpcMetrics, ConfigError> {
        builder.build()
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
    R: Classify<Unary<Req, Res, R>>,
{
    type Protocol = Unary<Req, Res, R>;
    type Skip = Nothing;
    #[cfg(feature = "prometheus")]
    type Metrics = MessageMetrics<Req>;
    #[cfg(feature = "prometheus")]
    type MetricsBuilder = MessageMetricsBuilder<Req>;

    fn skip(&self) -> Nothing {
        Nothing
    }

    #[cfg(feature = "prometheus")]
    fn metrics(&self, recorder: SharedRecorder) -> MessageMetricsBuilder<Req> {
        MessageMetrics::consumer(recorder, self.system.clone())
    }

    #[cfg(feature = "prometheus")]
    fn build(
        builder: MessageMetricsBuilder<Req>,
        _: &dyn Fn(&str) -> Option<String>,
    ) -> Result<MessageMetrics<Req>, ConfigError> {
        builder.build()
    }
}

impl<Req, Res, R> fmt::Debug for Messages<Req, Res, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Messages")
    }
}

// === impl Nothing ===

impl<P: Protocol> Select<P> for Nothing {
    fn selects(&self, _: P::Request<'_>) -> bool {
        true
    }
}
