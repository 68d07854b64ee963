//! The mount point of a service that axum's `nest_service` has mounted.

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::extract::{MatchedPath, OriginalUri};
use axum::{Extension, Router, routing};
use http::Request;
use tower_service::Service;

use super::Route;
use crate::RequestHead;

/// The path of the only route of the router that is called.
const ROOT: &str = "/";

/// Returns the mount point of the service that the request was routed to.
///
/// axum keeps it in an extension of a private type, from which a router inside of the service makes the
/// beginning of its own `MatchedPath`. So such a router is called. Without a mount point, its path is
/// that of its route alone.
pub(super) fn find(req: RequestHead<'_>) -> Option<Route> {
    // Set by every router: without it, there is nothing to find.
    req.extensions.get::<OriginalUri>()?;
    let mut inner = Request::new(Body::empty());
    *inner.extensions_mut() = req.extensions.clone();
    let response = pin!(router().call(inner));
    let Poll::Ready(Ok(response)) = response.poll(&mut Context::from_waker(Waker::noop())) else {
        return None;
    };
    let matched: &MatchedPath = response.extensions().get()?;
    let mount_point = matched.as_str().strip_suffix(ROOT)?;
    (!mount_point.is_empty()).then(|| Route::from_arc(mount_point))
}

fn router() -> Router {
    static ROUTER: OnceLock<Router> = OnceLock::new();
    let create = || {
        let matched = |path: MatchedPath| async { Extension(path) };
        Router::new().route(ROOT, routing::any(matched))
    };
    ROUTER.get_or_init(create).clone()
}
