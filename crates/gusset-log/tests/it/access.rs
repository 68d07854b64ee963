//! The line of a call.

use std::num::NonZeroU32;

use gusset_core::Outcome;
use gusset_http::{PeerAddr, QueryRedaction, RequestIdLayer, Route, TrustedProxies};
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

/// The line of a call that is answered with that status.
fn line_of(builder: AccessLogBuilder, answer: u16) -> Option<Value> {
    let log = built(builder);
    let lines = logged(builder_of_json().filter("trace").unwrap(), || {
        call(log, get("/a"), |_| status(answer));
    });
    assert!(lines.len() <= 1, "{lines:?}");
    lines
        .first()
        .map(|line| serde_json::from_str(line).unwrap())
}

fn builder_of_json() -> gusset_log::LogLayerBuilder {
    builder(Format::Json)
}

#[test]
fn a_call_gets_one_line_with_all_that_is_known_of_it() {
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
            "trace_id": "ab".repeat(16),
            "span_id": "cd".repeat(8),
            "trace_flags": "01",
        })
    );
}

#[test]
fn the_level_follows_from_the_outcome() {
    for (answer, level) in [(200, "INFO"), (404, "INFO"), (500, "ERROR")] {
        let line = line_of(AccessLog::server(), answer).unwrap();
        assert_eq!(line["level"], level, "{answer}");
    }
}

#[test]
fn the_table_of_levels_can_be_changed() {
    let levels = OutcomeLevels::default()
        .with(Outcome::ClientError, Level::WARN)
        .with(Outcome::ServerError, Level::DEBUG)
        .with(Outcome::Success, LevelFilter::OFF);
    let log = || AccessLog::server().levels(levels);
    assert_eq!(line_of(log(), 404).unwrap()["level"], "WARN");
    assert_eq!(line_of(log(), 500).unwrap()["level"], "DEBUG");
    assert_eq!(line_of(log(), 200), None);
}

#[test]
fn a_call_that_is_abandoned_or_panics_gets_its_line_too() {
    let line = json(|| abandoned(built(AccessLog::server()), get("/slow")));
    assert_eq!(line["gusset.outcome"], "cancelled");
    assert_eq!(line["gusset.stage"], "headers");
    assert_eq!(line["message"], "GET /slow cancelled");
    assert_eq!(line.get("http.response.status_code"), None);
}

#[test]
fn a_failed_call_bears_its_error_as_a_word() {
    let line = line_of(AccessLog::server(), 503).unwrap();
    assert_eq!(line["error.type"], "503");
    assert_eq!(line["gusset.outcome"], "server_error");
}

#[test]
fn a_query_is_shown_only_if_it_is_asked_for_and_redacted() {
    let log = AccessLog::server().query(QueryRedaction::default());
    let line = json(|| call(built(log), get("/a?b=1&sig=abc"), |_| status(200)));
    assert_eq!(line["url.query"], "b=1&sig=REDACTED");
}

#[test]
fn a_method_that_is_not_known_is_other() {
    let mut request = get("/a");
    *request.method_mut() = "BREW".parse().unwrap();
    let line = json(|| call(built(AccessLog::server()), request, |_| status(200)));
    assert_eq!(line["http.request.method"], "_OTHER");
    assert_eq!(line["http.request.method_original"], "BREW");
}

#[test]
fn who_called_is_whom_trusted_proxies_name() {
    let request = || {
        let mut request = get("/a");
        let header = "203.0.113.9, 198.51.100.1".parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", header);
        request
    };
    let line = json(|| call(built(AccessLog::server()), request(), |_| status(200)));
    assert_eq!(line.get("client.address"), None, "nobody is trusted");
    let one = TrustedProxies::hops(1.try_into().unwrap());
    let log = built(AccessLog::server().trusted_proxies(one));
    let line = json(|| call(log, request(), |_| status(200)));
    assert_eq!(line["client.address"], "198.51.100.1");
}

#[test]
fn every_line_inside_a_call_bears_the_id_of_its_request() {
    let mut request = get("/a");
    let id = "r-7".parse().unwrap();
    request.headers_mut().insert("x-request-id", id);
    let lines = logged(builder_of_json(), || {
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
fn a_call_that_a_filter_leaves_out_has_no_line() {
    use gusset_core::{FilteredObserver, ObserveLayer};
    use gusset_http::{Http, RequestHead};
    let lines = logged(builder_of_json(), || {
        let select = |req: RequestHead<'_>| req.uri.path() != "/livez";
        let layer =
            ObserveLayer::<Http, _>::new(FilteredObserver::new(built(AccessLog::server()), select));
        for path in ["/livez", "/a"] {
            drive(layer.layer(observed_by_nobody()), get(path));
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
fn a_grpc_call_is_told_by_its_method_and_code() {
    let answer = |code: &'static str| {
        move |_: &_| {
            let mut response = Response::new("");
            response
                .headers_mut()
                .insert("grpc-status", code.parse().unwrap());
            response
        }
    };
    let log = || built(AccessLog::grpc_server());
    let line = json(|| call_as_grpc(log(), get("/shop.Cart/Add"), answer("14")));
    assert_eq!(line["message"], "grpc shop.Cart/Add UNAVAILABLE");
    assert_eq!(line["rpc.method"], "shop.Cart/Add");
    assert_eq!(line["rpc.response.status_code"], "UNAVAILABLE");
    assert_eq!(line["level"], "ERROR");
    let line = json(|| call_as_grpc(log(), get("/made.Up/Name"), answer("12")));
    assert_eq!(line["rpc.method"], "_OTHER");
    assert_eq!(line["rpc.method_original"], "made.Up/Name");
}

#[test]
fn of_two_layers_with_the_same_log_the_outer_writes_the_line() {
    let log = built(AccessLog::server());
    json(|| {
        let inner = observed(log.clone(), |_| status(200));
        let layer = gusset_core::ObserveLayer::<gusset_http::Http, _>::new(log.clone());
        drive(layer.layer(inner), get("/a"));
    });
}

#[test]
fn sampling_leaves_out_successes_alone() {
    let log =
        built(AccessLog::server().sampling(AccessLogSampling::OneIn(NonZeroU32::new(4).unwrap())));
    let lines = logged(builder_of_json(), || {
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
fn sampling_by_the_second_takes_the_first_ones() {
    let log = built(
        AccessLog::server().sampling(AccessLogSampling::PerSecond(NonZeroU32::new(1).unwrap())),
    );
    let lines = logged(builder_of_json(), || {
        for _ in 0..1000 {
            call(log.clone(), get("/a"), |_| status(200));
        }
    });
    assert!((1..1000).contains(&lines.len()), "{}", lines.len());
}

#[test]
fn other_subscribers_see_the_same_fields() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let pages = Pages::default();
    let writer = pages.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        call(built(AccessLog::server()), get("/a"), |_| status(200));
    });
    insta::assert_snapshot!(pages.text(), @r#" INFO gusset::access: GET /a 200 http.request.method="GET" url.path="/a" http.response.status_code=200 http.response.body.size=0 http.server.request.duration=0.0015 network.protocol.version="1.1" gusset.http.server.time_to_headers=0.0015 gusset.outcome="success""#);
}

#[test]
fn a_line_is_the_same_whether_it_is_written_from_its_event_or_not() {
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
    for (request, answer) in [(odd.clone(), 500), (odd, 204), (get("/plain"), 200)] {
        let lines = |redaction| {
            let log = built(AccessLog::server().referer());
            let request = request.clone();
            logged(builder_of_json().redaction(redaction), || {
                call(log.clone(), request.clone(), |_| status(answer));
                abandoned(log, request);
            })
        };
        // A pattern has each text looked at, for which the event is needed.
        let of_events = Redaction::default()
            .pattern("there is no such text")
            .unwrap();
        assert_eq!(lines(Redaction::default()), lines(of_events));
    }
}
