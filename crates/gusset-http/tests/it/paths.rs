//! Paths that are excluded from all signals.

use gusset_core::{FilteredObserver, ObserveLayer, Predicate};
use gusset_http::{
    Grpc, Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier, PathFilter, RequestHead,
};
use gusset_testkit::RecordingObserver;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Answers, now, ok};

fn is_observed<R: HttpClassifier>(paths: &PathFilter, uri: &str) -> bool {
    let request = Request::builder().uri(uri).body(()).unwrap();
    Predicate::<Http<R>>::matches(paths, RequestHead::from(&request))
}

#[test]
fn default_filter_excludes_probes_alone() {
    let paths = PathFilter::excluding(PathFilter::DEFAULT_EXCLUDED);
    for probe in PathFilter::DEFAULT_EXCLUDED {
        assert!(
            !is_observed::<HttpServerClassifier>(&paths, probe),
            "{probe}"
        );
        assert!(
            !is_observed::<HttpClientClassifier>(&paths, &format!("http://host{probe}?verbose")),
            "{probe}"
        );
    }
    for path in [
        "/",
        "/livez/",
        "/livezz",
        "/api/livez",
        "/LIVEZ",
        "/health",
        "/health/live",
        "*",
        "http://host",
    ] {
        assert!(is_observed::<HttpServerClassifier>(&paths, path), "{path}");
    }
}

#[test]
fn excluded_paths_are_added() {
    let mut paths = PathFilter::excluding(["/livez"]);
    paths.exclude(["/health", "/debug/*"]);
    for path in ["/livez", "/health", "/debug/a"] {
        assert!(!is_observed::<HttpServerClassifier>(&paths, path), "{path}");
    }
    assert!(is_observed::<HttpServerClassifier>(&paths, "/healthy"));
}

#[test]
fn wildcard_excludes_the_paths_below() {
    let below = PathFilter::excluding(["/debug/*"]);
    assert!(!is_observed::<HttpServerClassifier>(
        &below,
        "/debug/pprof/heap"
    ));
    assert!(is_observed::<HttpServerClassifier>(&below, "/debugger"));
    assert!(!is_observed::<HttpServerClassifier>(
        &PathFilter::excluding(["/*"]),
        "/anything"
    ));
    assert!(is_observed::<HttpServerClassifier>(
        &PathFilter::default(),
        "/anything"
    ));
}

#[test]
fn excluded_path_is_excluded_from_every_signal() {
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
