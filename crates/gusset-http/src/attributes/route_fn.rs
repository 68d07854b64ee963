//! The route by a function of the user.

use std::fmt;
use std::sync::Arc;

use gusset_core::PanicCounter;

use crate::RequestHead;

/// A function of the user that names the route of a request. Its panics are contained and counted.
#[derive(Clone)]
pub(super) struct RouteFn(Arc<Function>);

type Function = dyn for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync;

static PANICS: PanicCounter = PanicCounter::new();

/// Returns how often functions for routes ([`RequestOptions::with_route`](crate::RequestOptions::with_route))
/// have panicked in this process. The calls were served and observed, with the route that they have without the
/// function, and the first panic was logged.
///
/// ```
/// assert_eq!(gusset_http::route_panics(), 0);
/// ```
pub fn route_panics() -> u64 {
    PANICS.count()
}

fn report_panic() {
    tracing::error!(
        target: "gusset::http",
        "a function for a route panicked; the call has the route of its router, and further panics are counted \
         and not logged"
    );
}

// === impl RouteFn ===

impl RouteFn {
    pub(super) fn new<F>(function: F) -> Self
    where
        F: for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        Self(Arc::new(function))
    }

    /// Returns what the function returns, or `None` if it panics.
    //
    // Not inlined, so that requests pay only for the check where no function is set.
    #[inline(never)]
    pub(super) fn route<'a>(&self, req: RequestHead<'a>) -> Option<&'a str> {
        PANICS.catch(|| (self.0)(req), report_panic).flatten()
    }
}

impl fmt::Debug for RouteFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RouteFn")
    }
}
