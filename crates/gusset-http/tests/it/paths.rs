//! Paths that are left out of all signals at once.

use gusset_core::{Filter, ObserveLayer, Select};
use gusset_http::{Grpc, Http, HttpClient, HttpServer, Paths, RequestHead, Rules};
use gusset_testkit::Witness;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Answers, now, ok};

fn selects<R: Rules>(paths: &Paths, uri: &str) -> bool {
    let request = Request::builder().uri(uri).body(()).unwrap();
    Select::<Http<R>>::selects(paths, RequestHead::from(&request))
}

#[test]
fn probes_are_left_out_and_all_else_is_observed() {
    let paths = Paths::except(Paths::PROBES);
    for probe in Paths::PROBES {
        assert!(!selects::<HttpServer>(&paths, probe), "{probe}");
        assert!(
            !selects::<HttpClient>(&paths, &format!("http://host{probe}?verbose")),
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
        assert!(selects::<HttpServer>(&paths, path), "{path}");
    }
}

#[test]
fn everything_below_can_be_left_out_and_everything_at_all() {
    let below = Paths::except(["/debug/*"]);
    assert!(!selects::<HttpServer>(&below, "/debug/pprof/heap"));
    assert!(selects::<HttpServer>(&below, "/debugger"));
    assert!(!selects::<HttpServer>(&Paths::except(["/*"]), "/anything"));
    assert!(selects::<HttpServer>(&Paths::default(), "/anything"));
}

#[test]
fn a_path_that_is_left_out_is_left_out_of_every_signal() {
    let (log, metrics) = (Witness::new(), Witness::new());
    let observer = Filter::new((log.clone(), metrics.clone()), Paths::except(["/livez"]));
    let layer = ObserveLayer::<Grpc, _>::new(observer);
    for uri in ["/livez", "/items"] {
        let body = gusset_testkit::ScriptedBody::new();
        let mut service = layer.layer(Answers::with(ok(body)));
        let Ok(_) = now(service.call(Request::builder().uri(uri).body(()).unwrap()));
    }
    assert_eq!((log.facts().len(), metrics.facts().len()), (1, 1));
}
