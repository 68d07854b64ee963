//! PathFilter that are left out of all signals at once.

use gusset_core::{FilteredObserver, ObserveLayer, Predicate};
use gusset_http::{
    Grpc, Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier, PathFilter, RequestHead,
};
use gusset_testkit::RecordingObserver;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Answers, now, ok};

fn selects<R: HttpClassifier>(paths: &PathFilter, uri: &str) -> bool {
    let request = Request::builder().uri(uri).body(()).unwrap();
    Predicate::<Http<R>>::matches(paths, RequestHead::from(&request))
}

#[test]
fn probes_are_left_out_and_all_else_is_observed() {
    let paths = PathFilter::excluding(PathFilter::DEFAULT_EXCLUDED);
    for probe in PathFilter::DEFAULT_EXCLUDED {
        assert!(!selects::<HttpServerClassifier>(&paths, probe), "{probe}");
        assert!(
            !selects::<HttpClientClassifier>(&paths, &format!("http://host{probe}?verbose")),
            "{probe}"
        );
    }
    for path in [
        "/",
        "/livez/",
        "/livezz",
        "/api/livez",
        "/LIVEZ",
        "*",
        "http://host",
    ] {
        assert!(selects::<HttpServerClassifier>(&paths, path), "{path}");
    }
}

#[test]
fn everything_below_can_be_left_out_and_everything_at_all() {
    let below = PathFilter::excluding(["/debug/*"]);
    assert!(!selects::<HttpServerClassifier>(
        &below,
        "/debug/pprof/heap"
    ));
    assert!(selects::<HttpServerClassifier>(&below, "/debugger"));
    assert!(!selects::<HttpServerClassifier>(
        &PathFilter::excluding(["/*"]),
        "/anything"
    ));
    assert!(selects::<HttpServerClassifier>(
        &PathFilter::default(),
        "/anything"
    ));
}

#[test]
fn a_path_that_is_left_out_is_left_out_of_every_signal() {
    let (log, metrics) = (RecordingObserver::new(), RecordingObserver::new());
    let observer = FilteredObserver::new(
        (log.clone(), metrics.clone()),
        PathFilter::excluding(["/livez"]),
    );
    let layer = ObserveLayer::<Grpc, _>::new(observer);
    for uri in ["/livez", "/items"] {
        let body = gusset_testkit::ScriptedBody::new();
        let mut service = layer.layer(Answers::with(ok(body)));
        let Ok(_) = now(service.call(Request::builder().uri(uri).body(()).unwrap()));
    }
    assert_eq!((log.calls().len(), metrics.calls().len()), (1, 1));
}
