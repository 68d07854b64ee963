//! Access log entries in a terminal, and the variable that sets the format.

use std::convert::Infallible;

use gusset_core::{Clock, ObserveLayer};
use gusset_http::{
    Grpc, GrpcClientClassifier, Http, PeerAddr, QueryRedaction, RequestIdLayer, Route,
};
use gusset_log::{AccessLog, Format, LogLayer};
use http::{Request, Response};
use tower::Layer as _;
use tracing::{info, info_span};
use tracing_subscriber::Registry;

use crate::support::*;

/// The line of a call without a failure is not longer.
const MAX_COLUMNS: usize = 100;

fn terminal(work: impl FnOnce()) -> Vec<String> {
    logged(builder(Format::pretty(false)), work)
}

fn server() -> AccessLog {
    AccessLog::server().build_with(no_env).unwrap()
}

fn request(method: &str, uri: &str) -> Request<()> {
    let mut request = Request::builder().method(method).uri(uri).body(()).unwrap();
    let headers = request.headers_mut();
    headers.insert("user-agent", "curl/8".parse().unwrap());
    headers.insert("host", "shop.example".parse().unwrap());
    let extensions = request.extensions_mut();
    extensions.insert(PeerAddr(([192, 0, 2, 7], 4711).into()));
    request
}

fn respond(status: u16) -> impl Fn(&gusset_core::MockClock) -> Response<&'static str> + Clone {
    move |_| Response::builder().status(status).body("hello").unwrap()
}

/// Logs calls of each kind and end.
fn calls() -> Vec<String> {
    terminal(|| {
        let mut with_route = request("GET", "/items/42?token=secret");
        with_route
            .extensions_mut()
            .insert(Route::new("/items/{id}"));
        call(server(), with_route, respond(200));
        call(server(), request("DELETE", "/items/7"), respond(404));
        call(server(), request("POST", "/orders"), respond(503));
        call(server(), request("BREW", "/pot"), respond(405));
        let long = format!("/{}", "long/".repeat(60));
        call(server(), request("OPTIONS", &long), respond(204));
        let query = AccessLog::server().query(QueryRedaction::default());
        call(
            query.build_with(no_env).unwrap(),
            request("GET", "/items?page=2"),
            respond(200),
        );
        let hidden = AccessLog::server()
            .hide_paths(true)
            .build_with(no_env)
            .unwrap();
        call(hidden.clone(), request("GET", "/secret"), respond(200));
        let mut with_route = request("GET", "/users/alice");
        with_route
            .extensions_mut()
            .insert(Route::new("/users/{name}"));
        call(hidden, with_route, respond(200));
        call_cancelled::<Http>(server(), request("GET", "/slow"));
        let client = || AccessLog::client().build_with(no_env).unwrap();
        call_as_client(
            client(),
            request("GET", "http://shop.example:8080/items"),
            respond(200),
        );
        call_as_client(
            client(),
            request("GET", "http://shop.example/down"),
            respond(502),
        );
        let grpc = |status: &'static str| {
            let grpc = AccessLog::grpc_server().build_with(no_env).unwrap();
            let mut request = request("POST", "/shop.Stock/Take");
            let grpc_type = "application/grpc".parse().unwrap();
            request.headers_mut().insert("content-type", grpc_type);
            call_as_grpc(grpc, request, move |_| {
                let response = Response::builder().header("grpc-status", status);
                response
                    .header("content-type", "application/grpc")
                    .body("")
                    .unwrap()
            });
        };
        grpc("0");
        grpc("13");
        let client = AccessLog::grpc_client().build_with(no_env).unwrap();
        let stock = request("POST", "http://stock.example:50051/shop.Stock/Take");
        drive(
            observed_as::<Http<GrpcClientClassifier>>(client, respond(503)),
            stock,
        );
        call_cancelled::<Grpc>(
            AccessLog::grpc_server().build_with(no_env).unwrap(),
            request("POST", "/shop.Stock/Take"),
        );
    })
}

#[test]
fn access_entries_of_all_kinds() {
    insta::assert_snapshot!(calls().join("\n"));
}

#[test]
fn columns_of_an_access_entry_fit_into_a_terminal() {
    for line in calls() {
        let columns = line.split(" gusset.").next().unwrap();
        let columns = columns.split(" error.type=").next().unwrap();
        let columns = columns.split(" http.response.").next().unwrap();
        assert!(columns.chars().count() <= MAX_COLUMNS, "{columns}");
    }
    for path_bytes in 0..200 {
        let path = format!("/{}", "p".repeat(path_bytes));
        for (status, elapsed) in [(200, 1), (204, 86_400)] {
            let lines = terminal(|| {
                call(
                    server(),
                    request("CONNECT", "/x").map(|()| ()),
                    respond(status),
                );
                call(server(), request("OPTIONS", &path), move |clock| {
                    clock.advance(std::time::Duration::from_secs(elapsed));
                    Response::builder().status(status).body("hello").unwrap()
                });
            });
            let columns = lines[1].chars().count();
            assert!(columns <= MAX_COLUMNS, "{columns}: {}", lines[1]);
            assert_eq!(
                lines[1].contains('…'),
                columns == MAX_COLUMNS && !lines[1].contains(&format!("{path} "))
            );
        }
    }
}

#[test]
fn unsafe_path_is_escaped_and_cut() {
    let lines = terminal(|| {
        let uri = http::Uri::from_maybe_shared("/é".repeat(90).into_bytes()).unwrap();
        let mut hostile = request("GET", "/");
        *hostile.uri_mut() = uri;
        call(server(), hostile, respond(200));
    });
    assert_eq!(lines[0].chars().count(), MAX_COLUMNS, "{}", lines[0]);
    assert!(
        lines[0].contains("/é/é") && lines[0].contains("… 200 "),
        "{}",
        lines[0]
    );
}

#[test]
fn access_entry_has_neither_spans_nor_request_id() {
    let lines = terminal(|| {
        let (clock, _) = Clock::manual();
        let observed = ObserveLayer::<Http, _>::new(server()).with_clock(clock);
        let service = tower::service_fn(|_: Request<()>| async {
            info!("in the call");
            Ok::<_, Infallible>(Response::new(http_body_util::Empty::<bytes::Bytes>::new()))
        });
        let service = RequestIdLayer::new().layer(observed.layer(service));
        let mut request = request("GET", "/items");
        request
            .headers_mut()
            .insert("x-request-id", "abc-1".parse().unwrap());
        info_span!("outer", cart = "c-17").in_scope(|| drive(service, request));
    });
    insta::assert_snapshot!(lines.join("\n"));
}

/// Returns the entry of an event with a format in code and a value of the variable, and other variables.
fn entry(format: Option<Format>, value: &str, others: &[(&str, &str)]) -> Vec<String> {
    let output = Output::default();
    let env = |name: &str| match name {
        "GUSSET_LOGS_FORMAT" => Some(value.to_owned()),
        _ => {
            let other = others.iter().find(|(key, _)| *key == name);
            other.map(|(_, value)| (*value).to_owned())
        }
    };
    let mut builder = LogLayer::builder().clock(fixed_time).writer(output.clone());
    if let Some(format) = format {
        builder = builder.format(format);
    }
    let log = builder.build_with(env).unwrap();
    let subscriber = tracing_subscriber::layer::SubscriberExt::with(Registry::default(), log.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        call(server(), request("GET", "/items"), respond(200));
    });
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    output.lines()
}

#[test]
fn variable_forces_each_format() {
    let mut text = String::new();
    for name in [
        "json",
        "ecs",
        "google_cloud",
        "datadog",
        "emf",
        "logfmt",
        "common",
        "combined",
        "pretty",
        "pretty_full",
        "JSON",
        " Pretty ",
    ] {
        // The format in code is another one.
        let format = if name.starts_with("log") {
            Format::Json
        } else {
            Format::Logfmt
        };
        let others = [
            ("OTEL_SERVICE_NAME", "shop"),
            ("GOOGLE_CLOUD_PROJECT", "my-project"),
        ];
        let lines = entry(Some(format), name, &others);
        assert_eq!(lines.len(), 1, "{lines:?}");
        text += &format!("{name}: {}\n", lines[0]);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn variable_keeps_settings_of_its_format() {
    let lines = entry(Some(Format::emf("mine")), "emf", &[]);
    assert!(lines[0].contains("\"Namespace\":\"mine\""), "{}", lines[0]);
    let lines = entry(Some(Format::google_cloud("mine")), "google_cloud", &[]);
    assert!(lines[0].contains("projects/mine/traces"), "{}", lines[0]);
    let lines = entry(None, "google_cloud", &[("GOOGLE_CLOUD_PROJECT", "a\"b")]);
    assert!(!lines[0].contains("projects/"), "{}", lines[0]);
}

#[test]
fn unknown_format_is_the_default_with_a_warning() {
    let lines = entry(None, "xml", &[]);
    insta::assert_snapshot!(lines.join("\n"));
    let lines = entry(Some(Format::Logfmt), "xml", &[]);
    assert!(
        lines[0].contains("level=warn target=gusset::log"),
        "{lines:?}"
    );
    assert!(
        lines[1].contains("level=info target=gusset::access"),
        "{lines:?}"
    );
    assert_eq!(
        entry(Some(Format::Logfmt), " ", &[]).len(),
        1,
        "blank is unset"
    );
}
