//! The names of HTTP spans: `{method} {route}`.

use std::cell::RefCell;
use std::fmt;

use gusset_data::SharedStr;
use gusset_http::{KnownMethods, RequestAttributes, ResponseHead, Route, Side, truncate_str};

/// The name of a span, from the method and the route, and never from the path.
pub(super) struct SpanName<'a> {
    method: &'a str,
    route: Option<&'a str>,
}

/// The texts of requests with the same method and route.
#[derive(Clone)]
pub(super) struct RouteTexts {
    method: SharedStr,
    pub(super) route: SharedStr,
    pub(super) span_name: SharedStr,
}

/// The number of routes that each thread caches.
const CACHE_SIZE: usize = 32;
const MAX_ROUTE_BYTES: usize = 256;

type Cache = [Option<RouteTexts>; CACHE_SIZE];

thread_local! {
    /// The texts of the last routes, each in the slot of its address.
    ///
    /// Invariant: a slot is used only after its method and route were compared, so a collision costs
    /// time and is never wrong. It is per thread, because a shared cache needs a lock for each request.
    static CACHE: RefCell<Cache> = const { RefCell::new([const { None }; CACHE_SIZE]) };
}

/// Returns the texts of a route. A route that this thread saw last is not formatted again.
pub(super) fn route_texts(method: &str, route: &str) -> RouteTexts {
    let create = || RouteTexts::new(method, route);
    let slot = (route.as_ptr().addr() / 8 + method.len()) % CACHE_SIZE;
    let read = |cache: &RefCell<Cache>| {
        let mut cache = cache.try_borrow_mut().ok()?;
        match &mut cache[slot] {
            Some(texts) if texts.route == route && texts.method == method => Some(texts.clone()),
            texts => Some(texts.insert(create()).clone()),
        }
    };
    CACHE.try_with(read).ok().flatten().unwrap_or_else(create)
}

/// Returns the route of a response, truncated.
#[inline]
pub(super) fn response_route(res: ResponseHead<'_>, side: Side) -> Option<&str> {
    let route = Route::from_response(res, side)?.as_str();
    Some(truncate_str(route, MAX_ROUTE_BYTES))
}

/// Returns a method as text, without a copy of a common one.
pub(super) fn method_text(method: &str) -> SharedStr {
    const COMMON: [&str; 8] = [
        "GET",
        "POST",
        "PUT",
        "DELETE",
        "HEAD",
        "PATCH",
        UNKNOWN_METHOD,
        KnownMethods::OTHER,
    ];
    let common = COMMON.into_iter().find(|common| *common == method);
    common.map_or_else(|| SharedStr::new(method), SharedStr::from_static)
}

/// The name of spans whose method is not a known one, as the semantic conventions specify.
const UNKNOWN_METHOD: &str = "HTTP";

/// Returns the method as it is shown in names.
pub(super) fn method_in_name(method: &str) -> &str {
    match method {
        KnownMethods::OTHER => UNKNOWN_METHOD,
        method => method,
    }
}

// === impl SpanName ===

impl<'a> SpanName<'a> {
    pub(super) fn new(http: RequestAttributes<'a>) -> Self {
        Self {
            method: http.method(),
            route: http.route(),
        }
    }
}

impl fmt::Display for SpanName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(method_in_name(self.method))?;
        match self.route {
            Some(route) => write!(f, " {route}"),
            None => Ok(()),
        }
    }
}

// === impl RouteTexts ===

impl RouteTexts {
    fn new(method: &str, route: &str) -> Self {
        Self {
            method: SharedStr::new(method),
            route: SharedStr::new(route),
            span_name: SharedStr::concat([method_in_name(method), " ", route]),
        }
    }
}
