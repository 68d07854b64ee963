//! The positions of a layer, around the same routes.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gusset_core::{ObserveLayer, Observer};
use gusset_http::{Http, PropagateRouteLayer, Route};
use gusset_tests::bodies::AnyBody;
use gusset_tests::clients::http1::Connection;
use gusset_tests::clients::run;
use gusset_tests::servers::Server;
use http::{Request, Response};
use hyper::body::Incoming;
use tower::util::MapResponse;
use tower_layer::Layer;

/// The position of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// `Router::layer`.
    Layer,
    /// `Router::route_layer`.
    RouteLayer,
    /// Around the router, served by `axum::serve`.
    Around,
    /// Around the router with a `PropagateRouteLayer` on its routes, served by `axum::serve`.
    AroundPropagated,
    /// Around a service without a router, which is created for each connection of a hyper server.
    Hyper,
}

impl Position {
    pub(crate) const ALL: [Self; 5] = [
        Self::Layer,
        Self::RouteLayer,
        Self::Around,
        Self::AroundPropagated,
        Self::Hyper,
    ];

    /// Starts a server with `layer` in this position.
    pub(crate) fn serve<O>(self, layer: &ObserveLayer<Http, O>) -> Server
    where
        O: Observer<Http>,
    {
        match self {
            Self::Layer => Server::axum(router().layer(layer.clone())),
            Self::RouteLayer => Server::axum(router().route_layer(layer.clone())),
            Self::Around => around(layer, router()),
            Self::AroundPropagated => {
                around(layer, router().route_layer(PropagateRouteLayer::new()))
            }
            Self::Hyper => {
                let layer = layer.clone();
                Server::http1_made(move || layer.layer(tower::service_fn(plain)))
            }
        }
    }
}

/// Sends a `GET` request for each path on one connection, and returns the responses.
pub(crate) fn get_all(server: &Server, paths: &[&str]) -> String {
    let mut requests = String::new();
    for path in paths {
        requests += &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    }
    requests.truncate(requests.len() - 2);
    requests += "connection: close\r\n\r\n";
    let responses = run(Connection::round_trip(server.addr(), requests));
    String::from_utf8(responses).expect("the responses are text")
}

fn around<O>(layer: &ObserveLayer<Http, O>, router: Router) -> Server
where
    O: Observer<Http>,
{
    // `axum::serve` requires axum's own body type.
    let service = MapResponse::new(layer.layer(router), |res: Response<_>| res.map(Body::new));
    Server::axum_service(service)
}

fn router() -> Router {
    let inner = Router::new().route("/items/{id}", get(|| async { "an item" }));
    Router::new()
        .route("/", get(|| async { "home" }))
        .route("/items/{id}", get(|| async { "an item" }))
        .route("/named", get(named))
        .nest("/inner", inner)
        .nest_service("/service", get(|| async { "a service" }))
}

/// Sets its own route, which is more precise than the router's.
async fn named() -> Response<Body> {
    let mut res = Response::new(Body::from("named"));
    res.extensions_mut().insert(Route::new("/named#special"));
    res
}

async fn plain(req: Request<Incoming>) -> Result<Response<AnyBody>, Infallible> {
    let mut res = Response::new(gusset_tests::bodies::boxed(http_body_util::Full::from(
        "plain",
    )));
    if req.uri().path() == "/named" {
        res.extensions_mut().insert(Route::new("/named#special"));
    }
    Ok(res)
}
