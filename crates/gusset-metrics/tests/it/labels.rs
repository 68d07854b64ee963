//! Label values are bounded, and clients cannot create them.

use std::sync::Arc;

use gusset_core::ObserveLayer;
use gusset_http::{Http, HttpClientClassifier, KnownMethods, RequestOptions, Route};
use gusset_metrics::{HttpMetrics, Label, LabelValue};
use http::{Method, Request, Version};

use crate::support::*;

const DURATION: &str = "http.server.request.duration";

#[test]
fn known_methods_are_read_from_environment() {
    let recorder = TestRecorder::new();
    let known = |name: &str| {
        (name == "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS").then(|| "GET, BREW".to_owned())
    };
    let layer = layer(recorder.server().build_with(known).unwrap());
    for (method, label) in [("BREW", "BREW"), ("POST", "_OTHER"), ("brew", "_OTHER")] {
        let mut req = get("/a");
        *req.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        exchange(&layer, req, hello());
        let label = format!("http.request.method={label}");
        assert!(
            recorder
                .snapshot()
                .all(DURATION)
                .iter()
                .any(|series| series.has(&label) && !series.values.is_empty())
        );
    }
}

#[test]
fn builder_overrides_environment() {
    let recorder = TestRecorder::new();
    let methods = KnownMethods::new(["GET"]).unwrap();
    let metrics = recorder
        .server()
        .known_methods(methods)
        .build_with(|_| Some("BREW".into()));
    exchange(&layer(metrics.unwrap()), get("/a"), hello());
    assert!(
        recorder
            .snapshot()
            .one(DURATION)
            .has("http.request.method=GET")
    );
}

#[test]
fn request_options_override_environment() {
    let brew = KnownMethods::new(["BREW"]).unwrap();
    let options = Arc::new(
        RequestOptions::default()
            .with_known_methods(brew)
            .with_https(true),
    );
    let env = |_: &str| Some("GET".to_owned());

    let recorder = TestRecorder::new();
    let shared = recorder.server().request_options(options.clone());
    exchange(&layer(shared.build_with(env).unwrap()), get("/a"), hello());
    let series = recorder.snapshot().one(DURATION);
    assert!(series.has("http.request.method=_OTHER"), "{series:?}");
    assert!(series.has("url.scheme=https"), "{series:?}");

    let recorder = TestRecorder::new();
    let own = recorder.server().request_options(options.clone());
    let own = own.known_methods(KnownMethods::new(["GET"]).unwrap());
    exchange(&layer(own.build_with(env).unwrap()), get("/a"), hello());
    let series = recorder.snapshot().one(DURATION);
    assert!(series.has("http.request.method=GET"), "{series:?}");
    assert!(series.has("url.scheme=https"), "{series:?}");
    assert_eq!(options.method_name(1), "BREW", "a copy was changed");
}

#[test]
fn client_series_have_the_server_address() {
    for (target, host, address, port) in [
        ("http://a.example/x", "b.example:81", "a.example", 80),
        ("https://a.example/x", "b.example:81", "a.example", 443),
        ("http://[::1]:8080/x", "b.example:81", "::1", 8080),
        ("/x", "b.example:81", "b.example", 81),
        ("/x", "[::1]", "::1", 80),
    ] {
        let recorder = TestRecorder::new();
        let metrics = HttpMetrics::client(recorder.recorder.clone());
        let layer = ObserveLayer::<Http<HttpClientClassifier>, _>::new(metrics.build().unwrap());
        let req = Request::get(target).header("host", host).body(()).unwrap();
        exchange(&layer, req, hello());
        let series = recorder.snapshot().one("http.client.request.duration");
        assert!(
            series.has(&format!("server.address={address}")),
            "{series:?}"
        );
        assert!(series.has(&format!("server.port={port}")), "{series:?}");
    }
}

#[test]
fn path_is_not_a_label() {
    let recorder = TestRecorder::new();
    let layer = layer(recorder.server().build().unwrap());
    for path in ["/a", "/b?secret=1", "/../etc/passwd"] {
        let req = Request::builder()
            .uri(path)
            .header("host", path)
            .body(())
            .unwrap();
        exchange(&layer, req, with_status(404));
    }
    let snapshot = recorder.snapshot();
    let series = snapshot.one(DURATION);
    assert_eq!(series.values.len(), 3);
    assert!(!series.has_key("http.route"), "{series:?}");
}

#[test]
fn sources_of_the_route_have_an_order() {
    let recorder = TestRecorder::new();
    let metrics = recorder
        .server()
        .route(|req| req.uri.path().starts_with("/f").then_some("/f*"));
    let layer = layer(metrics.build().unwrap());
    let request = |path: &str| {
        let mut req = Request::builder().uri(path).body(()).unwrap();
        req.extensions_mut().insert(Route::new("/extension"));
        req
    };
    let mut with_route = hello();
    with_route
        .extensions_mut()
        .insert(Route::from_arc("/response"));
    exchange(&layer, request("/f"), with_route);
    exchange(&layer, request("/f"), hello());
    exchange(&layer, request("/g"), hello());
    let all = recorder.snapshot().all(DURATION);
    for route in ["/response", "/f*", "/extension"] {
        assert!(
            all.iter()
                .any(|series| series.has(&format!("http.route={route}"))),
            "{route}"
        );
    }
}

#[test]
fn too_long_route_overflows() {
    let recorder = TestRecorder::new();
    let layer = layer(recorder.server().build().unwrap());
    let mut response = hello();
    response
        .extensions_mut()
        .insert(Route::from_arc("\u{0}\"\n".repeat(1000)));
    exchange(&layer, get("/a"), response);
    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.one(DURATION).labels, ["otel.metric.overflow=true"]);
    assert_eq!(snapshot.one("gusset.metrics.overflow_calls").values, [1.0]);
}

#[test]
fn scheme_is_http_or_https() {
    let scheme = |https: bool, target: &str| {
        let recorder = TestRecorder::new();
        let builder = recorder.server();
        let builder = if https { builder.https() } else { builder };
        let req = Request::builder().uri(target).body(()).unwrap();
        exchange(&layer(builder.build().unwrap()), req, hello());
        let series = recorder.snapshot().one(DURATION);
        if series.has("url.scheme=https") {
            "https"
        } else {
            "http"
        }
    };
    assert_eq!(scheme(false, "/a"), "http");
    assert_eq!(scheme(true, "/a"), "https");
    assert_eq!(scheme(false, "https://example.com/a"), "https");
    assert_eq!(scheme(true, "http://example.com/a"), "http");
    assert_eq!(scheme(true, "gopher://example.com/a"), "https");
}

#[test]
fn protocol_version_is_recorded() {
    for (version, label) in [
        (Version::HTTP_10, "network.protocol.version=1.0"),
        (Version::HTTP_11, "network.protocol.version=1.1"),
        (Version::HTTP_2, "network.protocol.version=2"),
        (Version::HTTP_3, "network.protocol.version=3"),
    ] {
        let recorder = TestRecorder::new();
        let mut req = get("/a");
        *req.version_mut() = version;
        exchange(&layer(recorder.server().build().unwrap()), req, hello());
        assert!(recorder.snapshot().one(DURATION).has(label));
    }
}

#[derive(Clone, Copy)]
enum Plan {
    Free,
    Paid,
    Unlisted,
}

impl LabelValue for Plan {
    const KEY: &'static str = "app.plan";
    const VALUES: &'static [&'static str] = &["free", "paid"];

    fn index(&self) -> usize {
        *self as usize
    }
}

#[test]
fn response_label_overrides_request_label() {
    let recorder = TestRecorder::new();
    let layer = layer(
        recorder
            .server()
            .label(Label::from_extension::<Plan>())
            .build()
            .unwrap(),
    );
    let recorded = |req: Option<Plan>, res: Option<Plan>| {
        let (mut request, mut response) = (get("/a"), hello());
        req.map(|plan| request.extensions_mut().insert(plan));
        res.map(|plan| response.extensions_mut().insert(plan));
        exchange(&layer, request, response);
        let all = recorder.snapshot().all(DURATION);
        let series = all
            .into_iter()
            .find(|series| !series.values.is_empty())
            .unwrap();
        series
            .labels
            .into_iter()
            .find(|label| label.starts_with("app.plan"))
    };
    assert_eq!(recorded(None, None), None);
    assert_eq!(recorded(None, Some(Plan::Paid)).unwrap(), "app.plan=paid");
    assert_eq!(recorded(Some(Plan::Free), None).unwrap(), "app.plan=free");
    assert_eq!(
        recorded(Some(Plan::Free), Some(Plan::Paid)).unwrap(),
        "app.plan=paid"
    );
    assert_eq!(
        recorded(None, Some(Plan::Unlisted)).unwrap(),
        "app.plan=_OTHER"
    );
}

#[test]
fn unlisted_value_is_other() {
    let recorder = TestRecorder::new();
    let tenant = Label::from_request("app.tenant", ["blue"], |req| {
        req.headers.get("x-tenant")?.to_str().ok()
    });
    let layer = layer(recorder.server().label(tenant).build().unwrap());
    for (sent, label) in [
        ("blue", "app.tenant=blue"),
        ("a' OR 1=1", "app.tenant=_OTHER"),
    ] {
        let mut req = get("/a");
        req.headers_mut().insert("x-tenant", sent.parse().unwrap());
        exchange(&layer, req, hello());
        let all = recorder.snapshot().all(DURATION);
        assert!(
            all.iter()
                .any(|series| series.has(label) && !series.values.is_empty()),
            "{all:?}"
        );
    }
}
