//! Routes, and their propagation to outer layers.

use gusset_http::{PropagateRouteLayer, RequestHead, ResponseHead, Route, Side};
use http::{Method, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Answers, now, ok, request};

fn response_route<B>(response: &Response<B>) -> Option<&str> {
    Route::from_response(ResponseHead::from(response), Side::Server).map(Route::as_str)
}

/// Calls the layer around a service with this response.
fn call_layer(request: Request<()>, response: Response<()>) -> Response<()> {
    let Ok(response) = now(PropagateRouteLayer::new()
        .layer(Answers::with(response))
        .call(request));
    response
}

#[test]
fn request_has_the_route_that_was_added() {
    let mut request = request(Method::GET);
    assert_eq!(
        Route::from_request(RequestHead::from(&request)),
        None,
        "never the path"
    );
    request.extensions_mut().insert(Route::new("/items/{id}"));
    assert_eq!(
        Route::from_request(RequestHead::from(&request)),
        Some("/items/{id}")
    );
}

#[test]
fn routes_are_equal_by_their_text() {
    assert_eq!(Route::new("/a").as_str(), Route::from_arc("/a").as_str());
    assert_eq!(Route::from_arc(String::from("/a")), Route::from_arc("/a"));
    assert_eq!(format!("{:?}", Route::new("/a")), r#"Route("/a")"#);
}

#[test]
fn layer_copies_the_route_to_the_response() {
    let mut request = request(Method::GET);
    request.extensions_mut().insert(Route::new("/items/{id}"));
    assert_eq!(
        response_route(&call_layer(request, ok(()))),
        Some("/items/{id}")
    );
}

#[test]
fn route_of_the_handler_has_precedence() {
    let (mut request, mut response) = (request(Method::GET), ok(()));
    request.extensions_mut().insert(Route::new("/{*rest}"));
    response.extensions_mut().insert(Route::new("/items/{id}"));
    assert_eq!(
        response_route(&call_layer(request, response)),
        Some("/items/{id}")
    );
}

#[test]
fn response_without_a_route_is_unchanged() {
    let response = call_layer(request(Method::GET), ok(()));
    assert_eq!(response_route(&response), None);
    assert!(
        response.extensions().is_empty(),
        "no extensions are allocated"
    );
}

#[cfg(feature = "axum")]
mod axum {
    use ::axum::Router;
    use ::axum::body::Body;
    use ::axum::routing::get;

    use super::*;

    /// Calls a router that has the layer on its routes with `/items/7`.
    fn call_router(
        handler: impl Fn() -> Response<Body> + Clone + Send + Sync + 'static,
    ) -> Response<Body> {
        let handler = get(move || std::future::ready(handler()));
        let mut router = Router::new()
            .route("/items/{id}", handler)
            .route_layer(PropagateRouteLayer::new());
        let Ok(response) = now(Service::<Request<Body>>::call(
            &mut router,
            Request::builder()
                .uri("/items/7")
                .body(Body::empty())
                .unwrap(),
        ));
        response
    }

    #[test]
    fn matched_route_is_copied_to_the_response() {
        assert_eq!(
            response_route(&call_router(Response::default)),
            Some("/items/{id}")
        );
    }

    #[test]
    fn route_of_the_handler_has_precedence_over_the_matched_one() {
        let handler = || {
            let mut response = Response::<Body>::default();
            response.extensions_mut().insert(Route::new("/things/{id}"));
            response
        };
        assert_eq!(response_route(&call_router(handler)), Some("/things/{id}"));
    }
}
