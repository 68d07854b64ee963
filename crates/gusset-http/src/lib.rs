#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attributes;
mod bearer_token;
mod body;
mod classify;
mod client_ip;
mod endpoint;
mod error_sources;
mod error_statuses;
mod grpc;
mod grpc_content;
mod grpc_or_http;
mod heads;
mod methods;
mod order;
mod paths;
mod protocol;
mod redact;
mod rejection;
mod request;
#[cfg(feature = "request-id")]
pub mod request_id;
mod request_key;
mod route;
mod routes;
mod status;
mod streaming;
mod website;

pub use attributes::{
    AttributeCache, MAX_HEADER_VALUE_BYTES, MAX_PATH_BYTES, ProtocolVersion, RedactedUrl,
    RequestAttributes, RequestOptions, RpcMethod, RpcMethodId, RpcMethodName, Scheme,
    ServerAddress, Side, route_panics,
};
pub use bearer_token::BearerToken;
pub use body::ObservedBody;
pub use classify::{HttpClientClassifier, HttpServerClassifier};
pub use client_ip::{PeerAddr, TrustedProxies, TrustedProxiesError};
pub use endpoint::{Endpoint, EndpointBody, EndpointFuture, EndpointResponse, EndpointService};
pub use error_statuses::error_statuses_from_env;
pub use grpc::{Grpc, GrpcClientClassifier, GrpcCode, GrpcServerClassifier};
pub use grpc_content::{has_grpc_messages, sends_grpc_messages};
pub use grpc_or_http::{GrpcOrHttp, GrpcOrHttpBody, GrpcOrHttpFuture, GrpcOrHttpLayer};
pub use heads::{RequestHead, ResponseHead};
pub use methods::{KnownMethods, KnownMethodsError};
pub use paths::PathFilter;
pub use protocol::{Http, HttpClassifier};
pub use redact::{QueryRedaction, RedactedQuery, truncate_str};
pub use rejection::service_unavailable;
pub use request::{
    CountingBody, ReadState, RequestBodyProgress, RequestBodySize, RequestBodySizeLayer,
};
#[cfg(feature = "request-id")]
pub use request_id::{RequestId, RequestIdLayer, SetRequestId, current_request_id};
pub use route::{PropagateRoute, PropagateRouteLayer, Route, UrlTemplate};
pub use routes::{Mount, Reach, ResponseFuture, Routes};
pub use status::status_code_str;
pub use streaming::{Streaming, is_streaming};
