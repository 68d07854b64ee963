//! The name of a route, and its way outwards.

use gusset_http::{PropagateRouteLayer, RequestHead, ResponseHead, Route};
use http::{Method, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Answers, now, ok, request};

fn of_response<B>(response: &Response<B>) -> Option<&str> {
    Route::from_response(ResponseHead::from(response))
}

/// What the layer makes of a request and an answer.
fn through(request: Request<()>, response: Response<()>) -> Response<()> {
    let Ok(response) = now(PropagateRouteLayer::new()
        .layer(Answers::with(response))
        .call(request));
    response
}

#[test]
fn a_route_is_what_the_service_named() {
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
fn a_route_is_equal_to_itself_whenever_it_became_known_only_by_its_text() {
    assert_eq!(Route::new("/a").as_str(), Route::from_arc("/a").as_str());
    assert_eq!(Route::from_arc(String::from("/a")), Route::from_arc("/a"));
    assert_eq!(format!("{:?}", Route::new("/a")), r#"Route("/a")"#);
}

#[test]
fn the_layer_hands_the_route_of_the_request_outwards() {
    let mut request = request(Method::GET);
    request.extensions_mut().insert(Route::new("/items/{id}"));
    assert_eq!(of_response(&through(request, ok(()))), Some("/items/{id}"));
}

#[test]
fn what_a_handler_named_itself_wins() {
    let (mut request, mut response) = (request(Method::GET), ok(()));
    request.extensions_mut().insert(Route::new("/{*rest}"));
    response.extensions_mut().insert(Route::new("/items/{id}"));
    assert_eq!(
        of_response(&through(request, response)),
        Some("/items/{id}")
    );
}

#[test]
fn an_answer_without_a_route_stays_without_one() {
    let response = through(request(Method::GET), ok(()));
    assert_eq!(of_response(&response), None);
    assert!(
        response.extensions().is_empty(),
        "nothing is allocated for it"
    );
}

#[cfg(feature = "axum")]
mod axum {
    use ::axum::Router;
    use ::axum::body::Body;
    use ::axum::routing::get;

    use super::*;

    /// A router with that layer on its routes, asked for `/items/7`.
    fn ask(handler: impl Fn() -> Response<Body> + Clone + Send + Sync + 'static) -> Response<Body> {
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
    fn the_route_that_the_router_matched_is_handed_outwards() {
        assert_eq!(of_response(&ask(Response::default)), Some("/items/{id}"));
    }

    #[test]
    fn what_the_service_named_wins_over_what_the_router_matched() {
        let named = || {
            let mut response = Response::<Body>::default();
            response.extensions_mut().insert(Route::new("/things/{id}"));
            response
        };
        assert_eq!(of_response(&ask(named)), Some("/things/{id}"));
    }
}
