//! The OTLP client: sends a request and interprets the response.

mod client;
mod connector;
mod error;
#[cfg(all(fuzzing, feature = "grpc"))]
pub mod fuzzing;
#[cfg(feature = "grpc")]
mod grpc;
mod hints;
mod http1;
mod response;
mod retry;
mod send;
mod stream;
#[cfg(feature = "tls")]
mod tls;

pub(crate) use client::{MAX_REQUEST_BYTES, OtlpClient};
pub(crate) use error::ExportError;
pub(crate) use response::{ExportResponse, server_message};
pub(crate) use retry::{MAX_RETRY_AFTER, RetryDecision, RetryPolicy};
