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

/// A gRPC server. Health checks are left out.
#[derive(Clone, Debug)]
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

/// A kind whose metrics a constructor makes, and a method of their builder builds.
macro_rules! kind {
    (
        $kind:ident, $protocol:ty, $skip:ty, $metrics:ty, $builder:ty,
        $new:expr, $build:expr, $skips:expr
    ) => {
        impl sealed::Sealed for $kind {}

        impl Kind for $kind {
            type Protocol = $protocol;
            type Skip = $skip;
            #[cfg(feature = "prometheus")]
            type Metrics = $metrics;
            #[cfg(feature = "prometheus")]
            type MetricsBuilder = $builder;

            fn skip(&self) -> $skip {
                $skips(self)
            }

            #[cfg(feature = "prometheus")]
            fn metrics(&self, recorder: SharedRecorder) -> $builder {
                $new(recorder)
            }

            #[cfg(feature = "prometheus")]
            fn build(
                builder: $builder,
                env: &dyn Fn(&str) -> Option<String>,
            ) -> Result<$metrics, ConfigError> {
                $build(builder, env)
            }
        }
    };
}

kind!(
    HttpServer,
    Http,
    Paths,
    HttpMetrics,
    HttpMetricsBuilder,
    HttpMetrics::server,
    HttpMetricsBuilder::build_with,
    |kind: &Self| kind.skip.clone()
);
kind!(
    HttpClient,
    Http<rules::HttpClient>,
    Nothing,
    HttpMetrics,
    HttpMetricsBuilder,
    HttpMetrics::client,
    HttpMetricsBuilder::build_with,
    |_| Nothing
);
kind!(
    GrpcServer,
    Grpc,
    Paths,
    RpcMetrics,
    RpcMetricsBuilder,
    RpcMetrics::server,
    |builder: RpcMetricsBuilder, _| builder.build(),
    |kind: &Self| kind.skip.clone()
);
kind!(
    GrpcClient,
    Http<rules::GrpcClient>,
    Nothing,
    RpcMetrics,
    RpcMetricsBuilder,
    RpcMetrics::client,
    |builder: RpcMetricsBuilder, _| builder.build(),
    |_| Nothing
);

// === impl GrpcServer ===

impl Default for GrpcServer {
    fn default() -> Self {
        Self {
            skip: Paths::except(["/grpc.health.v1.Health/*"]),
        }
    }
}

// === impl HttpServer ===

impl Default for HttpServer {
    fn default() -> Self {
        Self {
            skip: Paths::except(Paths::PROBES),
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
