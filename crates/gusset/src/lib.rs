#![doc = include_str!("../README.md")]

// The examples of the front page compile.
#[cfg(all(doctest, feature = "signals"))]
#[doc = include_str!("../../../README.md")]
struct FrontPage;

mod builder;
mod error;
mod kind;
mod layer;
#[cfg(feature = "signals")]
mod signals;
mod telemetry;

#[cfg(feature = "breaker")]
#[doc(no_inline)]
pub use gusset_breaker as breaker;
pub use gusset_core::*;
#[cfg(feature = "health")]
#[doc(no_inline)]
pub use gusset_health as health;
#[doc(no_inline)]
pub use gusset_http as http;
#[cfg(feature = "log")]
#[doc(no_inline)]
pub use gusset_log as log;
#[cfg(feature = "metrics")]
#[doc(no_inline)]
pub use gusset_metrics as metrics;
#[cfg(feature = "otlp")]
#[doc(no_inline)]
pub use gusset_otlp as otlp;
#[cfg(feature = "prometheus")]
#[doc(no_inline)]
pub use gusset_prometheus as prometheus;
#[cfg(feature = "trace")]
#[doc(no_inline)]
pub use gusset_trace as trace;

pub use self::builder::Builder;
pub use self::error::BuildError;
#[cfg(feature = "signals")]
pub use self::error::InstallError;
pub use self::kind::{GrpcClient, GrpcServer, HttpClient, HttpServer, Kind, Messages};
pub use self::layer::{Layer, Observed};
#[cfg(feature = "signals")]
pub use self::signals::{Signals, SignalsBuilder};
pub use self::telemetry::Telemetry;

/// A layer for an HTTP server, by convention.
///
/// ```
/// # fn main() -> Result<(), gusset::BuildError> {
/// let gusset = gusset::http().skip(["/metrics", "/internal/*"]).build()?;
/// let layer = gusset.layer();
/// # Ok(())
/// # }
/// ```
pub fn http() -> Builder<HttpServer> {
    Builder::new(HttpServer::default())
}

/// A layer for a client of HTTP, by convention: around `hyper_util`'s legacy client, or any Tower
/// service that sends requests. With the feature `hyper` it tells why a request failed.
///
/// ```
/// # fn main() -> Result<(), gusset::BuildError> {
/// let server = gusset::http().build()?;
/// let client = gusset::http_client().prometheus(server.prometheus()).build()?;
/// let layer = client.layer();
/// # Ok(())
/// # }
/// ```
pub fn http_client() -> Builder<HttpClient> {
    Builder::new(HttpClient)
}

/// A layer for a gRPC server, by convention. Health checks (`grpc.health.v1.Health`) are left out.
///
/// ```
/// # fn main() -> Result<(), gusset::BuildError> {
/// let gusset = gusset::grpc().build()?;
/// let layer = gusset.layer();
/// # Ok(())
/// # }
/// ```
pub fn grpc() -> Builder<GrpcServer> {
    Builder::new(GrpcServer::default())
}

/// A layer for a client of gRPC, by convention: around a tonic channel.
///
/// ```
/// # fn main() -> Result<(), gusset::BuildError> {
/// let gusset = gusset::grpc_client().build()?;
/// let layer = gusset.layer();
/// # Ok(())
/// # }
/// ```
pub fn grpc_client() -> Builder<GrpcClient> {
    Builder::new(GrpcClient)
}

/// A layer for a consumer of messages, or any `Service<Req, Response = Res>` that is not HTTP, by
/// convention. `system` is where the messages come from (`messaging.system`): `kafka`, `channel`.
///
/// ```
/// # fn main() -> Result<(), gusset::BuildError> {
/// let gusset = gusset::unary::<String, ()>("channel").build()?;
/// let layer = gusset.layer();
/// # Ok(())
/// # }
/// ```
pub fn unary<Req: 'static, Res: 'static>(system: impl Into<String>) -> Builder<Messages<Req, Res>> {
    Builder::new(Messages::new(system.into()))
}

/// Where the three signals of a process go, by convention and by the environment.
///
/// ```
/// # fn main() -> Result<(), gusset::BuildError> {
/// let signals = gusset::signals().otlp(|otlp| otlp.gzip(true)).build()?;
/// let server = signals.http().build()?;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "signals")]
pub fn signals() -> SignalsBuilder {
    SignalsBuilder::new()
}
