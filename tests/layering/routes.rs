//! The route's name: a template, where there is one.

use std::sync::{Arc, Mutex};

use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer};
use gusset_http::{Http, RequestHead, ResponseHead, Route};

use crate::serving::{Place, ask};

/// The names that the request and the response of a call bore.
type Names = (Option<String>, Option<String>);

/// An observer that keeps them.
#[derive(Clone, Default)]
struct Signposts(Arc<Mutex<Vec<Names>>>);

struct SignpostsCall {
    all: Signposts,
    names: Names,
}

impl Observer<Http> for Signposts {
    type Call = SignpostsCall;

    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> SignpostsCall {
        let request = Route::from_request(req).map(str::to_owned);
        SignpostsCall {
            all: self.clone(),
            names: (request, None),
        }
    }
}

impl CallObserver<Http> for SignpostsCall {
    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        self.names.1 = Route::from_response(res).map(str::to_owned);
    }

    fn on_end(self, _: End<'_, Http>, _: &CallContext) {
        self.all
            .0
            .lock()
            .expect("nobody panics with it")
            .push(self.names);
    }
}

/// The names of the calls for these paths, in their order.
fn names(place: Place, paths: &[&str]) -> Vec<Names> {
    let signposts = Signposts::default();
    let server = place.serve(&ObserveLayer::<Http, _>::new(signposts.clone()));
    ask(&server, paths);
    drop(server);
    let names = signposts.0.lock().expect("nobody panics with it");
    names.clone()
}

const PATHS: [&str; 4] = ["/", "/items/7", "/inner/items/7", "/named"];
const TEMPLATES: [&str; 4] = ["/", "/items/{id}", "/inner/items/{id}", "/named"];
const SPECIAL: &str = "/named#special";

fn own(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[test]
fn a_layer_on_a_router_sees_the_matched_route_in_the_request() {
    for place in [Place::Layer, Place::RouteLayer] {
        let requests: Vec<_> = names(place, &PATHS)
            .into_iter()
            .map(|names| names.0)
            .collect();
        assert_eq!(requests, TEMPLATES.map(own), "{place:?}");
    }
}

#[test]
fn a_handler_may_name_its_route_in_the_response_for_any_layer() {
    for place in Place::ALL {
        let names = names(place, &["/named"]);
        assert_eq!(names[0].1, own(SPECIAL), "{place:?}");
    }
}

#[test]
fn a_layer_around_a_router_sees_no_route_unless_the_routes_name_themselves() {
    let bare = names(Place::Around, &PATHS);
    assert_eq!(bare[..3], [(None, None), (None, None), (None, None)]);

    let named: Vec<_> = names(Place::AroundNamed, &PATHS);
    let expected = ["/", "/items/{id}", "/inner/items/{id}", SPECIAL];
    assert_eq!(named, expected.map(|template| (None, own(template))));
}

#[test]
fn a_path_without_a_route_has_no_name_wherever_the_layer_is() {
    for place in [
        Place::Layer,
        Place::Around,
        Place::AroundNamed,
        Place::Hyper,
    ] {
        assert_eq!(
            names(place, &["/nowhere/4711"]),
            [(None, None)],
            "{place:?}"
        );
    }
}

#[test]
fn a_nested_service_has_the_name_of_its_prefix_or_none_and_never_a_router_s_own_words() {
    for place in [Place::Layer, Place::RouteLayer, Place::AroundNamed] {
        let (request, response) = names(place, &["/service/4711"]).remove(0);
        for name in [request, response].into_iter().flatten() {
            assert!(name.starts_with("/service"), "{place:?}: {name}");
            assert!(
                !name.contains("4711") && !name.contains("private"),
                "{place:?}: {name}"
            );
        }
    }
}
