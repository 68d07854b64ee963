//! Warnings about an order of layers in which telemetry lacks something.

use std::sync::Once;
#[cfg(feature = "request-id")]
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(feature = "request-id")]
use gusset_core::RequestKey;

#[cfg(feature = "request-id")]
use crate::{RequestHead, request_key};

/// The number of requests that are checked. A wrong order concerns each request, so it shows at once, and
/// later requests do not pay for the check.
#[cfg(feature = "request-id")]
const CHECKED_REQUESTS: u32 = 100;

/// Warns once if a request id is set inside of a layer that observes the call: the log entry and the span
/// of the call do not have it.
#[cfg(feature = "request-id")]
#[inline]
pub(crate) fn check_request_id(req: RequestHead<'_>, has_outer_id: impl FnOnce() -> bool) {
    static CHECKED: AtomicU32 = AtomicU32::new(0);
    static WARNED: Once = Once::new();
    // The count may pass the limit by the number of threads, which does no harm.
    if CHECKED.load(Ordering::Relaxed) >= CHECKED_REQUESTS {
        return;
    }
    CHECKED.fetch_add(1, Ordering::Relaxed);
    // The same request: a span around the service, of a runtime for example, is not a layer.
    let is_observed = RequestKey::observed()
        .is_some_and(|key| request_key::key(req) == key || request_key::has_key(req, key));
    if is_observed && !has_outer_id() {
        WARNED.call_once(|| {
            tracing::warn!(
                target: "gusset::http",
                "`RequestIdLayer` is inside of a layer that observes the call: access log entries and \
                 spans do not have the request id; add `RequestIdLayer` after that layer on a router, or \
                 before it in a `ServiceBuilder`"
            );
        });
    }
}

/// Warns once that a response of gRPC-Web is observed.
#[cold]
pub(crate) fn warn_of_grpc_web() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            target: "gusset::http",
            "a gRPC-Web response is observed, so the status of such calls is unknown; place observers \
             inside of `GrpcWebLayer` on a server, and outside of `GrpcWebClientLayer` on a client"
        );
    });
}
