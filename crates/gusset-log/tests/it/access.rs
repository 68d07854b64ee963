//! The access log entry of a request.

use std::num::NonZeroU32;
use std::sync::Arc;

use gusset_core::Outcome;
use gusset_http::{
    Grpc, Http, KnownMethods, PeerAddr, QueryRedaction, RequestIdLayer, RequestOptions, Route,
    TrustedProxies,
};
use gusset_log::{
    AccessLog, AccessLogBuilder, AccessLogSampling, Format, OutcomeLevels, Redaction,
};
use http::{Response, StatusCode};
use serde_json::{Value, json};
use tower::Layer as _;
use tracing::Level;
use tracing::level_filters::LevelFilter;

use crate::support::*;

fn status(status: u16) -> Response<&'static str> {
    let mut response = Response::new("");
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

fn built(builder: AccessLogBuilder) -> AccessLog {
    builder.build_with(no_env).unwrap()
}

/// Returns the entry of a request that is answered with this status.
fn entry_for(builder: AccessLogBuilder, code: u16) -> Option<Value> {
    let log = built(builder);
    let lines = logged(json_builder().filter("trace").unwrap(), || {
        call(log, get("/a"), |_| status(code));
    });
    assert!(lines.len() <= 1, "{lines:?}");
    lines
        .first()
        .map(|line| serde_json::from_str(line).unwrap())
}

fn json_builder() -> gusset_log::LogLayerBuilder {
    builder(Format::Json)
}

#[test]
fn entry_has_all_known_fields() {
    let mut request = get("/items/42?token=secret");
    let headers = request.headers_mut();
    headers.insert("user-agent", "curl/8".parse().unwrap());
    headers.insert("authorization", "Bearer abcdefgh".parse().unwrap());
    request.extensions_mut().insert(Route::new("/items/{id}"));
    request
        .extensions_mut()
        .insert(PeerAddr(([192, 0, 2, 7], 4711).into()));
    let line = json(|| {
        call(built(AccessLog::server()), request, |_| {
            Response::new("hello")
        });
    });
    assert_eq!(
        line,
        json!({
            "timestamp": "2026-11-22T12:00:00.123456Z",
            "level": "INFO",
            "target": "gusset::access",
            "message": "GET /items/{id} 200",
            "http.request.method": "GET",
            "url.path": "/items/42",
            "http.response.status_code": 200,
            "http.response.body.size": 5,
            "user_agent.original": "curl/8",
            "client.address": "192.0.2.7",
            "http.server.request.duration": 0.002,
            "network.protocol.version": "1.1",
            "http.route": "/items/{id}",
            "gusset.http.server.time_to_headers": 0.0015,
            "gusset.outcome": "success",
            "url.scheme": "http",
            "trace_id": "ab".repeat(16),
            "span_id": "cd".repeat(8),
            "trace_flags": "01",
        })
    );
}

#[test]
fn level_follows_from_outcome() {
    for (code, level) in [(200, "INFO"), (404, "INFO"), (500, "ERROR")] {
        let line = entry_for(AccessLog::server(), code).unwrap();
        assert_eq!(line["level"], level, "{code}");
    }
}

#[test]
fn outcome_levels_can_be_changed() {
    let levels = OutcomeLevels::default()
        .with(Outcome::ClientError, Level::WARN)
        .with(Outcome::ServerError, Level::DEBUG)
        .with(Outcome::Success, LevelFilter::OFF);
    let log = || AccessLog::server().levels(levels);
    assert_eq!(entry_for(log(), 404).unwrap()["level"], "WARN");
    assert_eq!(entry_for(log(), 500).unwrap()["level"], "DEBUG");
    assert_eq!(entry_for(log(), 200), None);
}

#[test]
fn cancelled_request_is_logged() {
    let line = json(|| call_cancelled::<Http>(built(AccessLog::server()), get("/slow")));
    assert_eq!(line["gusset.outcome"], "cancelled");
    assert_eq!(line["gusset.stage"], "headers");
    assert_eq!(line["message"], "GET /slow cancelled");
    assert_eq!(line.get("http.response.status_code"), None);
}

#[test]
fn failed_request_has_error_type() {
    let line = entry_for(AccessLog::server(), 503).unwrap();
    assert_eq!(line["error.type"], "503");
    assert_eq!(line["gusset.outcome"], "server_error");
}

#[test]
fn configured_query_is_logged_redacted() {
    let log = AccessLog::server().query(QueryRedaction::default());
    let line = json(|| call(built(log), get("/a?b=1&sig=abc"), |_| status(200)));
    assert_eq!(line["url.query"], "b=1&sig=REDACTED");
}

#[test]
fn unknown_method_is_logged_as_other() {
    let mut request = get("/a");
    *request.method_mut() = "BREW".parse().unwrap();
    let line = json(|| call(built(AccessLog::server()), request, |_| status(200)));
    assert_eq!(line["http.request.method"], "_OTHER");
    assert_eq!(line["http.request.method_original"], "BREW");
}

#[test]
fn trusted_proxy_names_the_client() {
    let request = || {
        let mut request = get("/a");
        let header = "203.0.113.9, 198.51.100.1".parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", header);
        request
    };
    let line = json(|| call(built(AccessLog::server()), request(), |_| status(200)));
    assert_eq!(line.get("client.address"), None, "no proxy is trusted");
    let one = TrustedProxies::hops(1.try_into().unwrap());
    let log = built(AccessLog::server().trusted_proxies(one));
    let line = json(|| call(log, request(), |_| status(200)));
    assert_eq!(line["client.address"], "198.51.100.1");
}

#[test]
fn entries_inside_request_have_its_ids() {
    let mut request = get("/a");
    let id = "r-7".parse().unwrap();
    request.headers_mut().insert("x-request-id", id);
    let lines = logged(json_builder(), || {
        let service = observed(built(AccessLog::server()), |_| {
            tracing::info!("inside");
            status(200)
        });
        drive(RequestIdLayer::new().layer(service), request);
        tracing::info!("outside");
    });
    let ids = lines.iter().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        [&line["request_id"], &line["trace_id"]].map(|id| id.as_str().map(str::to_owned))
    });
    let inside = [Some("r-7".to_owned()), Some("ab".repeat(16))];
    assert_eq!(
        ids.collect::<Vec<_>>(),
        [inside.clone(), inside, [None, None]]
    );
}

#[test]
fn filtered_request_is_not_logged() {
    use gusset_core::{FilteredObserver, ObserveLayer};
    use gusset_http::{Http, RequestHead};
    let lines = logged(json_builder(), || {
        let predicate = |req: RequestHead<'_>| req.uri.path() != "/livez";
        let layer = ObserveLayer::<Http, _>::new(FilteredObserver::new(
            built(AccessLog::server()),
            predicate,
        ));
        for path in ["/livez", "/a"] {
            drive(layer.layer(unobserved()), get(path));
        }
    });
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("GET /a 200"), "{lines:?}");
}

#[test]
fn a_client_names_its_target_without_credentials() {
    let log = built(AccessLog::client());
    let line = json(|| {
        call_as_client(log, get("https://me:pass@a.example/p?token=t"), |_| {
            status(404)
        });
    });
    assert_eq!(line["url.full"], "https://REDACTED:REDACTED@a.example/p");
    assert_eq!(line["server.address"], "a.example");
    assert_eq!(line["server.port"], 443);
    assert_eq!(line["gusset.outcome"], "client_error");
    assert_eq!(line["error.type"], "404");
}

#[test]
fn client_without_authority_names_host_header() {
    let mut request = get("/p");
    let headers = request.headers_mut();
    headers.insert("host", "a.example".parse().unwrap());
    let log = built(AccessLog::client());
    let line = json(|| call_as_client(log, request, |_| status(200)));
    assert_eq!(line["server.address"], "a.example");
    assert_eq!(line["server.port"], 80);
}

#[test]
fn request_options_are_shared_and_changed_by_copy() {
    let known = KnownMethods::new(["BREW"]).unwrap();
    let options = Arc::new(
        RequestOptions::default()
            .with_known_methods(known)
            .with_https(true),
    );
    let log = || AccessLog::server().request_options(options.clone());
    // Options replace those of the environment.
    let log_with_env = log().build_with(|_| Some("\0".to_owned())).unwrap();
    let line = json(|| call(log_with_env, get("/a?b=1"), |_| status(200)));
    assert_eq!(line["http.request.method"], "_OTHER");
    assert_eq!(line["http.request.method_original"], "GET");
    assert_eq!(line["url.scheme"], "https");
    let log_with_query = built(log().query(QueryRedaction::default()));
    let line = json(|| call(log_with_query, get("/a?b=1"), |_| status(200)));
    assert_eq!(line["url.query"], "b=1");
    assert_eq!(line["url.scheme"], "https");
    assert!(options.query().is_none());
}

#[test]
fn grpc_entry_has_method_and_code() {
    let respond = |code: &'static str| {
        move |_: &_| {
            let mut response = Response::new("");
            response
                .headers_mut()
                .insert("grpc-status", code.parse().unwrap());
            response
        }
    };
    let log = || built(AccessLog::grpc_server());
    let log_of_known = log();
    json(|| call_as_grpc(log_of_known.clone(), grpc("/shop.Cart/Add"), respond("0")));
    let line = json(|| call_as_grpc(log_of_known, grpc("/shop.Cart/Add"), respond("14")));
    assert_eq!(line["message"], "grpc shop.Cart/Add UNAVAILABLE");
    assert_eq!(line["rpc.method"], "shop.Cart/Add");
    assert_eq!(line["rpc.response.status_code"], "UNAVAILABLE");
    assert_eq!(line["level"], "ERROR");
    let line = json(|| call_as_grpc(log(), grpc("/made.Up/Name"), respond("12")));
    assert_eq!(line["rpc.method"], "_OTHER");
    assert_eq!(line["rpc.method_original"], "made.Up/Name");
}

#[test]
fn request_that_is_not_grpc_is_a_client_error() {
    let respond = |_: &_| {
        let response = Response::builder().header("grpc-status", "12");
        response.body("").unwrap()
    };
    let line = json(|| call_as_grpc(built(AccessLog::grpc_server()), get("/.env"), respond));
    assert_eq!(line["message"], "grpc _OTHER UNIMPLEMENTED");
    assert_eq!(line["gusset.outcome"], "client_error");
    assert_eq!(line["level"], "INFO");
}

#[test]
fn cancelled_grpc_call_does_not_choose_its_method() {
    let log = built(AccessLog::grpc_server());
    let line = json(|| call_cancelled::<Grpc>(log.clone(), grpc("/made.Up/Name")));
    assert_eq!(line["rpc.method"], "_OTHER");
    assert_eq!(line["rpc.method_original"], "made.Up/Name");
    assert_eq!(line["message"], "grpc _OTHER cancelled");
    // A call that ends with a code proves the method for the calls after it.
    let respond = |_: &_| {
        let response = Response::builder().header("grpc-status", "0");
        response.body("").unwrap()
    };
    json(|| call_as_grpc(log.clone(), grpc("/shop.Cart/Add"), respond));
    let line = json(|| call_cancelled::<Grpc>(log, grpc("/shop.Cart/Add")));
    assert_eq!(line["rpc.method"], "shop.Cart/Add");
}

#[test]
fn google_cloud_grpc_entry_has_one_request_object() {
    let lines = logged(builder(Format::google_cloud("p")), || {
        let log = built(AccessLog::grpc_server());
        call_as_grpc(log, grpc("/shop.Cart/Add"), |_| status(200));
    });
    assert_eq!(lines[0].matches("\"httpRequest\"").count(), 1, "{lines:?}");
}

#[test]
fn outer_of_two_layers_writes_entry() {
    let log = built(AccessLog::server());
    json(|| {
        let inner = observed(log.clone(), |_| status(200));
        let layer = gusset_core::ObserveLayer::<gusset_http::Http, _>::new(log.clone());
        drive(layer.layer(inner), get("/a"));
    });
}

#[test]
fn sampling_omits_only_successes() {
    let log =
        built(AccessLog::server().sampling(AccessLogSampling::OneIn(NonZeroU32::new(4).unwrap())));
    let lines = logged(json_builder(), || {
        for _ in 0..8 {
            call(log.clone(), get("/a"), |_| status(200));
            call(log.clone(), get("/a"), |_| status(404));
            call(log.clone(), get("/a"), |_| status(500));
        }
    });
    let with = |word: &str| lines.iter().filter(|line| line.contains(word)).count();
    assert_eq!(with("\"success\""), 2);
    assert_eq!(with("\"client_error\""), 8);
    assert_eq!(with("\"server_error\""), 8);
}

#[test]
fn sampling_per_second_admits_some() {
    let log = built(
        AccessLog::server().sampling(AccessLogSampling::PerSecond(NonZeroU32::new(1).unwrap())),
    );
    let lines = logged(json_builder(), || {
        for _ in 0..1000 {
            call(log.clone(), get("/a"), |_| status(200));
        }
    });
    assert!((1..1000).contains(&lines.len()), "{}", lines.len());
}

#[test]
fn other_subscribers_receive_the_fields() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let output = Output::default();
    let writer = output.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone());
    gusset_testkit::with_subscriber(tracing_subscriber::registry().with(layer), || {
        call(built(AccessLog::server()), get("/a"), |_| status(200));
    });
    insta::assert_snapshot!(output.text(), @r#" INFO gusset::access: GET /a 200 http.request.method="GET" url.path="/a" http.response.status_code=200 http.response.body.size=0 http.server.request.duration=0.0015 network.protocol.version="1.1" gusset.http.server.time_to_headers=0.0015 gusset.outcome="success" url.scheme="http""#);
}

#[test]
fn fast_path_writes_same_entry_as_event() {
    let mut odd = get("http://a.example/p\u{7e}q?x=1");
    *odd.method_mut() = "BREW".parse().unwrap();
    odd.headers_mut().insert(
        "user-agent",
        http::HeaderValue::from_bytes(b"\"a\xff\\\tb").unwrap(),
    );
    odd.headers_mut()
        .insert("referer", "https://b.example/?x".parse().unwrap());
    odd.extensions_mut()
        .insert(PeerAddr("[2001:db8::1]:80".parse().unwrap()));
    odd.extensions_mut().insert(Route::new("/p/\"{id}\""));
    odd.extensions_mut()
        .insert(gusset_http::RequestBodyProgress::default());
    for (request, code) in [(odd.clone(), 500), (odd, 204), (get("/plain"), 200)] {
        let lines = |redaction| {
            let log = built(AccessLog::server().referer());
            let request = request.clone();
            logged(json_builder().redaction(redaction), || {
                call(log.clone(), request.clone(), |_| status(code));
                call_cancelled::<Http>(log, request);
            })
        };
        // A custom pattern searches each text, for which the layer reads the event.
        let without_fast_path = Redaction::default().pattern("no such text").unwrap();
        assert_eq!(lines(Redaction::default()), lines(without_fast_path));
    }
}
