//! Failed exports.

use std::error::Error;
use std::io;
use std::time::Duration;

/// The reason why an export failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExportError {
    /// The value of `error.type`: a constant, an HTTP status code or the name of a gRPC status code.
    pub(crate) error_type: String,
    /// The message for operators.
    pub(crate) message: String,
    pub(crate) retryable: bool,
    /// Whether the receiver refused the request because of its size. A part of it may be accepted.
    pub(crate) too_large: bool,
    /// Whether the receiver closed the connection before it responded. Some do so while they receive a
    /// body over their limit.
    pub(crate) closed_by_receiver: bool,
    /// The minimum delay before a retry, as requested by the receiver.
    pub(crate) retry_after: Option<Duration>,
}

// === impl ExportError ===

impl ExportError {
    const CONNECTION: &'static str = "connection";
    const COLLECTION: &'static str = "collection";
    const TOO_LARGE: &'static str = "too_large";

    pub(super) fn new(
        error_type: impl Into<String>,
        message: impl Into<String>,
        retryable: bool,
    ) -> Self {
        Self {
            error_type: error_type.into(),
            message: message.into(),
            retryable,
            too_large: false,
            closed_by_receiver: false,
            retry_after: None,
        }
    }

    /// Returns the error of a request without a response within its timeout.
    pub(super) fn request_timeout(timeout: Duration) -> Self {
        Self::new("timeout", format!("no response within {timeout:?}"), true)
    }

    /// Returns the error of a broken connection. Its message is that of the innermost cause, which is the
    /// most specific one.
    pub(super) fn connection(error: &(dyn Error + 'static)) -> Self {
        let mut innermost = error;
        let mut closed_by_receiver = is_close(error);
        while let Some(source) = innermost.source() {
            innermost = source;
            closed_by_receiver |= is_close(source);
        }
        let message = if closed_by_receiver {
            "the receiver closed the connection before its response".to_owned()
        } else {
            innermost.to_string()
        };
        Self {
            closed_by_receiver,
            ..Self::new(Self::CONNECTION, message, true)
        }
    }

    /// Returns what an operator can do, as a part of a log entry.
    pub(crate) fn advice(&self) -> &'static str {
        match self.error_type.as_str() {
            Self::COLLECTION => "check the metric producer",
            Self::TOO_LARGE => "limit the attributes of the service",
            _ => "check the endpoint and the receiver",
        }
    }

    pub(super) fn is_connection(&self) -> bool {
        self.error_type == Self::CONNECTION
    }

    /// Returns the error of an export that exceeded its timeout with all its retries.
    pub(crate) fn export_timeout(timeout: Duration) -> Self {
        Self::new("timeout", format!("not exported within {timeout:?}"), false)
    }

    /// Returns the error of a failed collection of metrics.
    pub(crate) fn collection(message: &'static str) -> Self {
        Self::new(Self::COLLECTION, message, false)
    }

    /// Returns the error of an item that does not fit into a request.
    pub(crate) fn too_large() -> Self {
        Self::new(Self::TOO_LARGE, "one item has more than 64 MiB", false)
    }

    /// Returns the error of a single item that is too large for the receiver.
    pub(crate) fn item_too_large(refusal: &Self) -> Self {
        let message = format!(
            "one item is too large for the receiver: {}",
            refusal.message
        );
        Self::new(Self::TOO_LARGE, message, false)
    }

    /// Marks the error of a request that the receiver refused because of its size.
    pub(super) fn refused_size(self) -> Self {
        Self {
            too_large: true,
            retryable: false,
            ..self
        }
    }

    /// Returns the error of an export that was cut off by the deadline of the shutdown.
    pub(crate) fn shutdown() -> Self {
        Self::new("timeout", "the shutdown deadline has passed", false)
    }
}

/// Returns whether an error states that the other side closed the connection.
fn is_close(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};

    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return error.is_incomplete_message();
    }
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| {
        matches!(
            error.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset
        )
    })
}
