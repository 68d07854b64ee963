//! No label's value is a stranger's.

use gusset_http::{KnownMethods, Route};
use gusset_metrics::{Label, LabelValue};
use http::{Method, Request, Version};

use crate::support::*;

const DURATION: &str = "http.server.request.duration";

#[test]
fn an_unknown_method_is_other_and_a_known_one_is_as_the_environment_says() {
    let book = Book::new();
    let known = |name: &str| {
        (name == "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS").then(|| "GET, BREW".to_owned())
    };
    let layer = layer(book.server().build_with(known).unwrap());
    for (method, label) in [("BREW", "BREW"), ("POST", "_OTHER"), ("brew", "_OTHER")] {
        let mut req = get("/a");
        *req.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        exchange(&layer, req, hello());
        let label = format!("http.request.method={label}");
        assert!(
            book.rows()
                .of(DURATION)
                .iter()
                .any(|row| row.has(&label) && !row.values.is_empty())
        );
    }
}

#[test]
fn code_goes_over_the_environment() {
    let book = Book::new();
    let methods = KnownMethods::new(["GET"]).unwrap();
    let metrics = book
        .server()
        .known_methods(methods)
        .build_with(|_| Some("BREW".into()));
    exchange(&layer(metrics.unwrap()), get("/a"), hello());
    assert!(book.rows().one(DURATION).has("http.request.method=GET"));
}

#[test]
fn a_path_that_no_route_matched_is_no_label() {
    let book = Book::new();
    let layer = layer(book.server().build().unwrap());
    for path in ["/a", "/b?secret=1", "/../etc/passwd"] {
        let req = Request::builder()
            .uri(path)
            .header("host", path)
            .body(())
            .unwrap();
        exchange(&layer, req, with_status(404));
    }
    let rows = book.rows();
    let row = rows.one(DURATION);
    assert_eq!(row.values.len(), 3);
    assert!(!row.has_key("http.route"), "{row:?}");
}

#[test]
fn a_route_is_named_by_response_function_extension_in_that_order() {
    let book = Book::new();
    let by_function = book
        .server()
        .route(|req| req.uri.path().starts_with("/f").then_some("/f*"));
    let layer = layer(by_function.build().unwrap());
    let request = |path: &str| {
        let mut req = Request::builder().uri(path).body(()).unwrap();
        req.extensions_mut().insert(Route::new("/extension"));
        req
    };
    let mut named = hello();
    named.extensions_mut().insert(Route::from_arc("/response"));
    exchange(&layer, request("/f"), named);
    exchange(&layer, request("/f"), hello());
    exchange(&layer, request("/g"), hello());
    let rows = book.rows().of(DURATION);
    for route in ["/response", "/f*", "/extension"] {
        assert!(
            rows.iter()
                .any(|row| row.has(&format!("http.route={route}"))),
            "{route}"
        );
    }
}

#[test]
fn a_route_of_absurd_length_is_folded_and_counted() {
    let book = Book::new();
    let layer = layer(book.server().build().unwrap());
    let mut absurd = hello();
    absurd
        .extensions_mut()
        .insert(Route::from_arc("\u{0}\"\n".repeat(1000)));
    exchange(&layer, get("/a"), absurd);
    let rows = book.rows();
    assert_eq!(rows.one(DURATION).labels, ["otel.metric.overflow=true"]);
    assert_eq!(rows.one("gusset.metrics.folded_calls").values, [1.0]);
}

#[test]
fn the_scheme_is_the_targets_or_as_configured_and_never_a_third() {
    let of = |https: bool, target: &str| {
        let book = Book::new();
        let builder = book.server();
        let builder = if https { builder.https() } else { builder };
        let req = Request::builder().uri(target).body(()).unwrap();
        exchange(&layer(builder.build().unwrap()), req, hello());
        let row = book.rows().one(DURATION);
        if row.has("url.scheme=https") {
            "https"
        } else {
            "http"
        }
    };
    assert_eq!(of(false, "/a"), "http");
    assert_eq!(of(true, "/a"), "https");
    assert_eq!(of(false, "https://example.com/a"), "https");
    assert_eq!(of(true, "http://example.com/a"), "http");
    assert_eq!(of(true, "gopher://example.com/a"), "https");
}

#[test]
fn the_version_is_the_protocols() {
    for (version, label) in [
        (Version::HTTP_10, "network.protocol.version=1.0"),
        (Version::HTTP_11, "network.protocol.version=1.1"),
        (Version::HTTP_2, "network.protocol.version=2"),
        (Version::HTTP_3, "network.protocol.version=3"),
    ] {
        let book = Book::new();
        let mut req = get("/a");
        *req.version_mut() = version;
        exchange(&layer(book.server().build().unwrap()), req, hello());
        assert!(book.rows().one(DURATION).has(label));
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
fn a_handler_gives_its_own_call_a_value_and_an_outer_layer_may_have_given_one_before() {
    let book = Book::new();
    let layer = layer(book.server().label(Label::of::<Plan>()).build().unwrap());
    let given = |req: Option<Plan>, res: Option<Plan>| {
        let (mut request, mut response) = (get("/a"), hello());
        req.map(|plan| request.extensions_mut().insert(plan));
        res.map(|plan| response.extensions_mut().insert(plan));
        exchange(&layer, request, response);
        let rows = book.rows().of(DURATION);
        let row = rows.into_iter().find(|row| !row.values.is_empty()).unwrap();
        row.labels
            .into_iter()
            .find(|label| label.starts_with("app.plan"))
    };
    assert_eq!(given(None, None), None);
    assert_eq!(given(None, Some(Plan::Paid)).unwrap(), "app.plan=paid");
    assert_eq!(given(Some(Plan::Free), None).unwrap(), "app.plan=free");
    assert_eq!(
        given(Some(Plan::Free), Some(Plan::Paid)).unwrap(),
        "app.plan=paid"
    );
    assert_eq!(
        given(None, Some(Plan::Unlisted)).unwrap(),
        "app.plan=_OTHER"
    );
}

#[test]
fn a_value_that_was_not_registered_is_other() {
    let book = Book::new();
    let tenant = Label::from_request("app.tenant", ["blue"], |req| {
        req.headers.get("x-tenant")?.to_str().ok()
    });
    let layer = layer(book.server().label(tenant).build().unwrap());
    for (sent, label) in [
        ("blue", "app.tenant=blue"),
        ("a' OR 1=1", "app.tenant=_OTHER"),
    ] {
        let mut req = get("/a");
        req.headers_mut().insert("x-tenant", sent.parse().unwrap());
        exchange(&layer, req, hello());
        let rows = book.rows().of(DURATION);
        assert!(
            rows.iter()
                .any(|row| row.has(label) && !row.values.is_empty()),
            "{rows:?}"
        );
    }
}
