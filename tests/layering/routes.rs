//! The route of a call is its template.

use std::sync::{Arc, Mutex};

use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer};
use gusset_http::{Http, RequestHead, ResponseHead, Route, Side};

use crate::positions::{Position, get_all};

/// The routes of the request and of the response of a call.
type Routes = (Option<String>, Option<String>);

/// An observer that records the routes.
#[derive(Clone, Default)]
struct RouteRecorder(Arc<Mutex<Vec<Routes>>>);

struct RouteRecorderCall {
    all: RouteRecorder,
    routes: Routes,
}

impl Observer<Http> for RouteRecorder {
    type Call = RouteRecorderCall;

    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> RouteRecorderCall {
        let request = Route::from_request(req).map(str::to_owned);
        RouteRecorderCall {
            all: self.clone(),
            routes: (request, None),
        }
    }
}

impl CallObserver<Http> for RouteRecorderCall {
    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        self.routes.1 =
            Route::from_response(res, Side::Server).map(|route| route.as_str().to_owned());
    }

    fn on_end(self, _: End<'_, Http>, _: &CallContext) {
        self.all
            .0
            .lock()
            .expect("the lock is not poisoned")
            .push(self.routes);
    }
}

/// Returns the routes of the calls of these paths, in order.
fn routes(position: Position, paths: &[&str]) -> Vec<Routes> {
    let recorder = RouteRecorder::default();
    let server = position.serve(&ObserveLayer::<Http, _>::new(recorder.clone()));
    get_all(&server, paths);
    drop(server);
    let routes = recorder.0.lock().expect("the lock is not poisoned");
    routes.clone()
}

const PATHS: [&str; 4] = ["/", "/items/7", "/inner/items/7", "/named"];
const TEMPLATES: [&str; 4] = ["/", "/items/{id}", "/inner/items/{id}", "/named"];
const SPECIAL: &str = "/named#special";

fn own(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[test]
fn router_layer_finds_route_in_request() {
    for position in [Position::Layer, Position::RouteLayer] {
        let requests: Vec<_> = routes(position, &PATHS)
            .into_iter()
            .map(|routes| routes.0)
            .collect();
        assert_eq!(requests, TEMPLATES.map(own), "{position:?}");
    }
}

#[test]
fn handler_sets_route_in_response() {
    for position in Position::ALL {
        let routes = routes(position, &["/named"]);
        assert_eq!(routes[0].1, own(SPECIAL), "{position:?}");
    }
}

#[test]
fn outer_layer_needs_propagated_routes() {
    let without_propagation = routes(Position::Around, &PATHS);
    assert_eq!(
        without_propagation[..3],
        [(None, None), (None, None), (None, None)]
    );

    let named: Vec<_> = routes(Position::AroundPropagated, &PATHS);
    let expected = ["/", "/items/{id}", "/inner/items/{id}", SPECIAL];
    assert_eq!(named, expected.map(|template| (None, own(template))));
}

#[test]
fn unmatched_path_has_no_route() {
    for position in [
        Position::Layer,
        Position::Around,
        Position::AroundPropagated,
        Position::Hyper,
    ] {
        assert_eq!(
            routes(position, &["/nowhere/4711"]),
            [(None, None)],
            "{position:?}"
        );
    }
}

#[test]
fn nested_service_has_prefix_as_route() {
    for position in [
        Position::Layer,
        Position::RouteLayer,
        Position::AroundPropagated,
    ] {
        let (request, response) = routes(position, &["/service/4711"]).remove(0);
        for name in [request, response].into_iter().flatten() {
            assert!(name.starts_with("/service"), "{position:?}: {name}");
            assert!(
                !name.contains("4711") && !name.contains("private"),
                "{position:?}: {name}"
            );
        }
    }
}
