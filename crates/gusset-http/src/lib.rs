#![doc = include_str!("../README.md")]

mod body;
mod caller;
mod classify;
mod endpoint;
mod grpc;
mod head;
mod known;
#[cfg(feature = "listener")]
mod listener;
mod methods;
mod paths;
mod protocol;
mod redact;
mod refusal;
mod request;
#[cfg(feature = "request-id")]
pub mod request_id;
mod route;
mod status;
mod stream;

pub use body::TrackedBody;
pub use caller::{PeerAddr, TrustedProxies, TrustedProxiesError};
pub use classify::{HttpClient, HttpServer};
pub use endpoint::{Endpoint, EndpointFuture, EndpointService};
pub use grpc::{Grpc, GrpcClient, GrpcCode, GrpcServer};
pub use head::{RequestHead, ResponseHead};
#[cfg(feature = "listener")]
pub use listener::{EndpointListener, EndpointListenerBuilder};
pub use methods::{KnownMethods, KnownMethodsError};
pub use paths::Paths;
pub use protocol::{Http, Rules};
pub use redact::{QueryRedaction, RedactedQuery, capped};
pub use refusal::unavailable;
pub use request::{CountRequest, CountRequestLayer, CountedBody, RequestProgress, RequestRead};
#[cfg(feature = "request-id")]
pub use request_id::{RequestId, RequestIdLayer, WithRequestId, current_request_id};
pub use route::{NameRoute, NameRouteLayer, Route};
pub use status::status_token;
pub use stream::{Endless, is_endless};
