//! Logs, traces and metrics agree about every attribute that they share.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

#[path = "support/capture.rs"]
mod capture;

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gusset::http::{KnownMethods, PeerAddr, QueryRedaction, Route, RpcMethod, TrustedProxies};
use gusset::kind::{HttpKind, ServiceKind};
use gusset::{InstrumentationBuilder, Rejected};
use gusset_data::{Metric, MetricData, SpanData};
use gusset_testkit::ScriptedBody;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use http_body::Body;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use tower::{Layer, Service, service_fn};

use crate::capture::{Capture, metrics};

/// The attributes of one call in one signal.
type Attributes = BTreeMap<String, String>;

/// The signals that have an attribute.
type Signals = &'static [Signal];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Signal {
    Log,
    Trace,
    Metrics,
}

use Signal::{Log, Metrics, Trace};

const ALL: Signals = &[Log, Trace, Metrics];
const LOG_AND_TRACE: Signals = &[Log, Trace];
const LOG_AND_METRICS: Signals = &[Log, Metrics];

/// The attributes of a kind of service that more than one signal has.
type Shared = &'static [(&'static str, Signals)];

const HTTP_SERVER: Shared = &[
    ("client.address", LOG_AND_TRACE),
    ("error.type", ALL),
    ("gusset.outcome", ALL),
    ("gusset.stage", ALL),
    ("http.request.method", ALL),
    ("http.request.method_original", LOG_AND_TRACE),
    ("http.response.body.size", LOG_AND_METRICS),
    ("http.response.status_code", ALL),
    ("http.route", ALL),
    ("network.protocol.version", ALL),
    ("span_id", LOG_AND_TRACE),
    ("trace_id", LOG_AND_TRACE),
    ("url.path", LOG_AND_TRACE),
    ("url.query", LOG_AND_TRACE),
    ("url.scheme", ALL),
    ("user_agent.original", LOG_AND_TRACE),
];

const HTTP_CLIENT: Shared = &[
    ("error.type", ALL),
    ("gusset.outcome", ALL),
    ("gusset.stage", ALL),
    ("http.request.method", ALL),
    ("http.request.method_original", LOG_AND_TRACE),
    ("http.response.body.size", LOG_AND_METRICS),
    ("http.response.status_code", ALL),
    ("network.protocol.version", ALL),
    ("server.address", ALL),
    ("server.port", ALL),
    ("span_id", LOG_AND_TRACE),
    ("trace_id", LOG_AND_TRACE),
    ("url.full", LOG_AND_TRACE),
    ("url.template", ALL),
    ("user_agent.original", LOG_AND_TRACE),
];

const GRPC_SERVER: Shared = &[
    ("error.type", ALL),
    ("gusset.outcome", ALL),
    ("gusset.stage", ALL),
    ("rpc.method", ALL),
    ("rpc.method_original", LOG_AND_TRACE),
    ("rpc.response.status_code", ALL),
    ("rpc.system.name", ALL),
    ("span_id", LOG_AND_TRACE),
    ("trace_id", LOG_AND_TRACE),
];

const GRPC_CLIENT: Shared = &[
    ("error.type", ALL),
    ("gusset.outcome", ALL),
    ("gusset.stage", ALL),
    ("rpc.method", ALL),
    ("rpc.response.status_code", ALL),
    ("rpc.system.name", ALL),
    ("server.address", ALL),
    ("server.port", ALL),
    ("span_id", LOG_AND_TRACE),
    ("trace_id", LOG_AND_TRACE),
];

/// The options of an instrumentation, for all signals.
#[derive(Clone, Debug)]
struct Options {
    https: bool,
    known_methods: Option<Vec<&'static str>>,
    proxies: Option<TrustedProxies>,
    query: bool,
    user_agent: Option<bool>,
}

/// A request, and the behaviour of the service.
#[derive(Clone, Debug)]
struct Call {
    method: Method,
    uri: Uri,
    version: Version,
    headers: Vec<(HeaderName, HeaderValue)>,
    peer: Option<SocketAddr>,
    route: Option<&'static str>,
    end: End,
    status: StatusCode,
    response_version: Version,
    response_route: Option<&'static str>,
    grpc_status: GrpcStatus,
    is_rejected: bool,
}

/// How a call ends.
#[derive(Clone, Copy, Debug)]
enum End {
    EmptyBody,
    CompleteBody,
    FailedBody,
    DroppedBody,
    DroppedBeforeHeaders,
    Failed,
    Panicked,
}

#[derive(Clone, Copy, Debug)]
enum GrpcStatus {
    None,
    Headers(&'static str),
    Trailers(&'static str),
}

/// An instrumented service of one kind.
struct Instrumented {
    exchange: Box<dyn FnMut(&Call)>,
    metrics: Box<dyn Fn() -> Vec<Metric>>,
}

/// Instruments the service of these tests.
macro_rules! instrument {
    ($builder:expr) => {
        |capture, options| {
            let builder = configure($builder.clear_excluded_paths(), options);
            let gusset = capture.build(builder);
            let mut service = gusset.layer().layer(service_fn(respond));
            Instrumented {
                exchange: Box::new(move |call| exchange(&mut service, call)),
                metrics: Box::new(move || metrics(&gusset)),
            }
        }
    };
}

#[test]
fn http_server_signals_agree() {
    check(
        HTTP_SERVER,
        "http.server.request",
        http_call(),
        instrument!(gusset::http()),
    );
}

#[test]
fn http_client_signals_agree() {
    check(
        HTTP_CLIENT,
        "http.client.request",
        http_call(),
        instrument!(gusset::http_client()),
    );
}

#[test]
fn grpc_server_signals_agree() {
    check(
        GRPC_SERVER,
        "rpc.server.call",
        grpc_call(),
        instrument!(gusset::grpc()),
    );
}

#[test]
fn grpc_client_signals_agree() {
    check(
        GRPC_CLIENT,
        "rpc.client.call",
        grpc_call(),
        instrument!(gusset::grpc_client()),
    );
}

#[test]
fn options_are_set_once_for_all_signals() {
    let capture = Capture::new();
    let builder = gusset::http()
        .https()
        .known_methods(KnownMethods::new(["GET"]).unwrap())
        .trusted_proxies(TrustedProxies::cidrs(["10.0.0.0/8"]).unwrap())
        .query(QueryRedaction::default())
        .user_agent(false)
        .exclude_paths(["/internal/*"]);
    let gusset = capture.build(builder);
    let mut service = gusset.layer().layer(service_fn(respond));
    for path in ["/items?page=2&sig=secret", "/internal/items"] {
        let call = Call {
            method: Method::POST,
            uri: path.parse().unwrap(),
            version: Version::HTTP_11,
            headers: [
                ("x-forwarded-for", "203.0.113.7, 10.0.0.1"),
                ("user-agent", "curl/8"),
            ]
            .map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .to_vec(),
            peer: Some(([10, 0, 0, 9], 4711).into()),
            route: None,
            end: End::CompleteBody,
            status: StatusCode::OK,
            response_version: Version::HTTP_11,
            response_route: None,
            grpc_status: GrpcStatus::None,
            is_rejected: false,
        };
        capture.run(|| exchange(&mut service, &call));
    }
    let (entries, spans) = (capture.take_entries(), capture.take_spans());
    assert_eq!(
        (entries.len(), spans.len()),
        (1, 1),
        "the other path is excluded"
    );
    let signals = [
        (Log, entry_attributes(&entries[0])),
        (Trace, span_attributes(&spans[0])),
        (
            Metrics,
            metric_attributes("http.server.request", &[], &metrics(&gusset)),
        ),
    ];
    let expected = [
        ("client.address", Some("203.0.113.7"), LOG_AND_TRACE),
        ("http.request.method", Some("_OTHER"), ALL),
        ("http.request.method_original", Some("POST"), LOG_AND_TRACE),
        ("url.query", Some("page=2&sig=REDACTED"), LOG_AND_TRACE),
        ("url.scheme", Some("https"), ALL),
        ("user_agent.original", None, LOG_AND_TRACE),
    ];
    for (signal, attributes) in &signals {
        for (name, value, of) in expected {
            let value = value.filter(|_| of.contains(signal));
            let reported = attributes.get(name).map(String::as_str);
            assert_eq!(reported, value, "{name} in {signal:?}");
        }
    }
}

/// Compares the signals of random calls, one call at a time.
fn check(
    shared: Shared,
    metric: &str,
    call: impl Strategy<Value = Call>,
    instrument: impl Fn(&Capture, &Options) -> Instrumented,
) {
    let config = Config {
        cases: 512,
        failure_persistence: None,
        ..Config::default()
    };
    let capture = Capture::new();
    let reported = std::cell::RefCell::new(BTreeMap::<Signal, BTreeSet<String>>::new());
    let result = TestRunner::new(config).run(&(options(), vec(call, 1..5)), |(options, calls)| {
        let mut service = instrument(&capture, &options);
        for call in calls {
            let before = (service.metrics)();
            capture.run(|| (service.exchange)(&call));
            let after = (service.metrics)();
            let (mut entries, mut spans) = (capture.take_entries(), capture.take_spans());
            prop_assert_eq!((entries.len(), spans.len()), (1, 1));
            let signals = [
                (Log, entry_attributes(&entries.remove(0))),
                (Trace, span_attributes(&spans.remove(0))),
                (Metrics, metric_attributes(metric, &before, &after)),
            ];
            let is_overflow = signals[2].1.contains_key("otel.metric.overflow");
            prop_assert_eq!(is_overflow, call.is_overflow(&signals[1].1));
            for (name, of) in shared {
                let has = |signal| {
                    of.contains(&signal)
                        && !(signal == Metrics && is_overflow)
                        && !(signal == Trace && options.omits_from_spans(name))
                };
                let mut values = signals.iter().filter(|(signal, _)| has(*signal));
                let (_, first) = values.next().unwrap();
                for (_, other) in values {
                    let (first, other) = (first.get(*name), other.get(*name));
                    prop_assert_eq!(first, other, "{}: {:#?}", name, signals);
                }
                if options.omits_from_spans(name) {
                    prop_assert_eq!(signals[1].1.get(*name), None);
                }
            }
            for (signal, attributes) in signals {
                let mut reported = reported.borrow_mut();
                reported
                    .entry(signal)
                    .or_default()
                    .extend(attributes.into_keys());
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert_table_is_complete(shared, &reported.into_inner());
}

/// Asserts that the table has each attribute that two signals reported, and that they reported each
/// attribute of the table.
fn assert_table_is_complete(shared: Shared, reported: &BTreeMap<Signal, BTreeSet<String>>) {
    let mut signals = BTreeMap::<&str, Vec<Signal>>::new();
    for (signal, names) in reported {
        for name in names {
            signals.entry(name).or_default().push(*signal);
        }
    }
    signals.retain(|_, signals| signals.len() > 1);
    let table: BTreeMap<_, _> = shared
        .iter()
        .map(|(name, of)| (*name, of.to_vec()))
        .collect();
    let differing: Vec<_> = signals
        .iter()
        .filter(|(name, of)| table.get(*name) != Some(of))
        .chain(
            table
                .iter()
                .filter(|(name, of)| signals.get(*name) != Some(of)),
        )
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

fn configure<K: ServiceKind + HttpKind>(
    mut builder: InstrumentationBuilder<K>,
    options: &Options,
) -> InstrumentationBuilder<K> {
    if options.https {
        builder = builder.https();
    }
    if let Some(methods) = &options.known_methods {
        builder = builder.known_methods(KnownMethods::new(methods.iter().copied()).unwrap());
    }
    if let Some(proxies) = options.proxies.clone() {
        builder = builder.trusted_proxies(proxies);
    }
    if options.query {
        builder = builder.query(QueryRedaction::default());
    }
    if let Some(is_reported) = options.user_agent {
        builder = builder.user_agent(is_reported);
    }
    builder
}

/// Makes one call, which ends before this returns.
fn exchange<S, B>(service: &mut S, call: &Call)
where
    S: Service<Request<()>, Response = Response<B>, Error = io::Error>,
    B: Body,
{
    let mut cx = Context::from_waker(Waker::noop());
    let result = catch_unwind(AssertUnwindSafe(|| {
        match pin!(service.call(call.request())).poll(&mut cx) {
            Poll::Ready(result) => result.ok(),
            Poll::Pending => None,
        }
    }));
    let Ok(Some(response)) = result else {
        return;
    };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut cx) {}
}

/// Responds as the call in the extensions of the request requires.
async fn respond(req: Request<()>) -> io::Result<Response<ScriptedBody>> {
    let call = req.extensions().get::<Call>().unwrap();
    match call.end {
        End::DroppedBeforeHeaders => pending().await,
        End::Failed => Err(io::ErrorKind::TimedOut.into()),
        End::Panicked => std::panic::resume_unwind(Box::new("expected")),
        _ => Ok(call.response()),
    }
}

// === impl Options ===

impl Options {
    /// Returns whether spans lack an attribute of log entries, because it is not explicitly enabled.
    fn omits_from_spans(&self, name: &str) -> bool {
        match name {
            "client.address" => self.proxies.is_none(),
            "user_agent.original" => self.user_agent.is_none(),
            _ => false,
        }
    }
}

// === impl Call ===

impl Call {
    fn request(&self) -> Request<()> {
        let mut req = Request::new(());
        *req.method_mut() = self.method.clone();
        *req.uri_mut() = self.uri.clone();
        *req.version_mut() = self.version;
        req.headers_mut().extend(self.headers.iter().cloned());
        req.extensions_mut().insert(self.clone());
        if let Some(peer) = self.peer {
            req.extensions_mut().insert(PeerAddr(peer));
        }
        if let Some(route) = self.route {
            req.extensions_mut().insert(Route::new(route));
        }
        req
    }

    /// Returns whether the call is counted in the overflow series: its route or gRPC method is longer
    /// than a label value may be.
    fn is_overflow(&self, span: &Attributes) -> bool {
        if let Some(method) = span.get("rpc.method") {
            return method.len() >= RpcMethod::MAX_BYTES;
        }
        let has_response = !matches!(
            self.end,
            End::DroppedBeforeHeaders | End::Failed | End::Panicked
        );
        let route = self.response_route.filter(|_| has_response);
        route.or(self.route).is_some_and(|route| route.len() > 256)
    }

    fn response(&self) -> Response<ScriptedBody> {
        let body = ScriptedBody::new();
        let mut body = match self.end {
            End::CompleteBody => body.data("complete"),
            End::FailedBody => body.data("failed").error(),
            End::DroppedBody => body.data("dropped").pend_forever(),
            _ => body,
        };
        if let GrpcStatus::Trailers(status) = self.grpc_status {
            body = body.trailers("grpc-status", status);
        }
        let mut res = Response::new(body);
        *res.status_mut() = self.status;
        *res.version_mut() = self.response_version;
        if let GrpcStatus::Headers(status) = self.grpc_status {
            let status = HeaderValue::from_static(status);
            res.headers_mut().insert("grpc-status", status);
        }
        if let Some(route) = self.response_route {
            res.extensions_mut().insert(Route::new(route));
        }
        if self.is_rejected {
            res.extensions_mut().insert(Rejected::new("test"));
        }
        res
    }
}

fn entry_attributes(entry: &Value) -> Attributes {
    let fields = entry.as_object().unwrap().iter();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    fields
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

fn span_attributes(span: &SpanData) -> Attributes {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let attributes = span.attributes.iter();
    let mut attributes: Attributes = attributes
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    attributes.insert("trace_id".to_owned(), hex(&span.trace_id));
    attributes.insert("span_id".to_owned(), hex(&span.span_id));
    attributes
}

/// Returns the labels of the series that a call was recorded in.
fn metric_attributes(metric: &str, before: &[Metric], after: &[Metric]) -> Attributes {
    let (side, _) = metric.rsplit_once('.').unwrap();
    let changed = |name: &str| {
        let (before, after) = (series(before, name), series(after, name));
        let mut changed = after
            .into_iter()
            .filter(|(labels, value)| before.get(labels) != Some(value));
        let (labels, value) = changed.next()?;
        assert!(changed.next().is_none(), "{name} has two new values");
        let previous = before.get(&labels).copied().unwrap_or_default();
        Some((labels, value.0 - previous.0, value.1 - previous.1))
    };
    let (mut attributes, count, _) = changed(&format!("{metric}.duration")).unwrap();
    assert_eq!(count, 1);
    let (outcome, count, _) = changed(&format!("gusset.{side}.outcomes")).unwrap();
    assert_eq!(count, 1);
    for (name, value) in outcome {
        let other = attributes.insert(name, value.clone());
        assert!(other.is_none_or(|other| other == value));
    }
    if metric.starts_with("http") {
        let size = changed(&format!("{side}.response.body.size"));
        // Recorded if there is a response.
        let sum = size.map_or(0.0, |(labels, count, sum)| {
            assert_eq!(count, 1);
            assert!(
                labels
                    .iter()
                    .all(|(name, value)| attributes.get(name) == Some(value))
            );
            sum
        });
        attributes.insert("http.response.body.size".to_owned(), sum.to_string());
    }
    attributes
}

/// Returns the number and the sum of the values of each series.
fn series(metrics: &[Metric], name: &str) -> BTreeMap<Attributes, (u64, f64)> {
    let text = |labels: &gusset_data::Labels| {
        let labels = labels.iter();
        let labels = labels.map(|(name, value)| (name.to_string(), value.to_string()));
        labels.collect()
    };
    let Some(metric) = metrics.iter().find(|metric| metric.name == name) else {
        return BTreeMap::new();
    };
    match &metric.data {
        MetricData::Histogram(points) => points
            .iter()
            .map(|point| (text(&point.labels), (point.counts.iter().sum(), point.sum)))
            .collect(),
        MetricData::Counter(points) => points
            .iter()
            .map(|point| (text(&point.labels), (point.value as u64, point.value)))
            .collect(),
        data => panic!("{name}: {data:?}"),
    }
}

fn options() -> impl Strategy<Value = Options> {
    let methods = of(Just(vec!["GET", "brew"]));
    let proxies = of(prop_oneof![
        (1..3_usize).prop_map(|hops| TrustedProxies::hops(NonZeroUsize::new(hops).unwrap())),
        Just(TrustedProxies::cidrs(["10.0.0.0/8", "2001:db8::/32"]).unwrap()),
    ]);
    let all = (
        any::<bool>(),
        methods,
        proxies,
        any::<bool>(),
        any::<Option<bool>>(),
    );
    all.prop_map(
        |(https, known_methods, proxies, query, user_agent)| Options {
            https,
            known_methods,
            proxies,
            query,
            user_agent,
        },
    )
}

/// Generates an HTTP request and the behaviour of the service.
fn http_call() -> impl Strategy<Value = Call> {
    let route = of(select(vec!["/items/{id}", "/", LONG_ROUTE]));
    let request = (
        method(),
        uri(path()),
        version(),
        headers(),
        peer(),
        route.clone(),
    );
    let status = select(vec![101, 103, 200, 204, 302, 304, 404, 429, 500, 503, 599]);
    let response = (end(), status, version(), route, any::<u8>());
    (request, response).prop_map(|(request, response)| {
        let (method, uri, version, headers, peer, route) = request;
        let (end, status, response_version, response_route, rejected) = response;
        Call {
            method,
            uri,
            version,
            headers,
            peer,
            route,
            end,
            status: StatusCode::from_u16(status).unwrap(),
            response_version,
            response_route,
            grpc_status: GrpcStatus::None,
            is_rejected: rejected < 16,
        }
    })
}

/// Generates a gRPC request and the behaviour of the service. Few methods, so that they repeat.
fn grpc_call() -> impl Strategy<Value = Call> {
    let code = select(vec!["0", "1", "5", "12", "13", "99", "none"]);
    let status = prop_oneof![
        Just(GrpcStatus::None),
        code.clone().prop_map(GrpcStatus::Headers),
        code.prop_map(GrpcStatus::Trailers),
    ];
    let path = select(vec!["/a.B/C", "/a.B/D", "/a", "/", "//", LONG_METHOD]);
    let request = (uri(path.prop_map(str::to_owned)), headers(), peer());
    let http_status = select(vec![200, 200, 200, 404, 503]);
    (request, (end(), status, http_status)).prop_map(|(request, response)| {
        let (uri, headers, peer) = request;
        let (end, grpc_status, status) = response;
        Call {
            method: Method::POST,
            uri,
            version: Version::HTTP_2,
            headers,
            peer,
            route: None,
            end,
            status: StatusCode::from_u16(status).unwrap(),
            response_version: Version::HTTP_2,
            response_route: None,
            grpc_status,
            is_rejected: false,
        }
    })
}

const LONG_ROUTE: &str = "/a/{very}/long/{route}/of/more/than/256/bytes/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                          xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                          xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                          xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
const LONG_METHOD: &str = LONG_ROUTE;

fn method() -> impl Strategy<Value = Method> {
    let methods = [
        "GET",
        "POST",
        "HEAD",
        "OPTIONS",
        "CONNECT",
        "QUERY",
        "brew",
        "get",
        "_OTHER",
        "AN-UNKNOWN-METHOD-OF-MORE-THAN-32-BYTES",
    ];
    select(methods.to_vec()).prop_map(|method| Method::from_bytes(method.as_bytes()).unwrap())
}

fn version() -> impl Strategy<Value = Version> {
    select(vec![
        Version::HTTP_09,
        Version::HTTP_10,
        Version::HTTP_11,
        Version::HTTP_2,
        Version::HTTP_3,
    ])
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("/".to_owned()),
        "/[a-z0-9%.~\"|]{0,12}(/[a-z]{0,4}){0,2}",
        Just(format!("/{}", "p".repeat(3000))),
    ]
}

/// Generates targets of every form.
fn uri(path: impl Strategy<Value = String>) -> impl Strategy<Value = Uri> {
    let query = prop_oneof![
        Just(String::new()),
        Just("?".to_owned()),
        Just("?page=2&sig=secret".to_owned()),
        "\\?[a-z&=%+;]{0,12}",
    ];
    let scheme = select(vec!["http", "https", "HTTPS", "ws"]);
    let form = prop_oneof![
        4 => Just(None),
        4 => (scheme, authority()).prop_map(Some),
    ];
    let with_path = (form, path, query).prop_map(|(form, path, query)| match form {
        Some((scheme, authority)) => format!("{scheme}://{authority}{path}{query}"),
        None => format!("{path}{query}"),
    });
    let target = prop_oneof![
        12 => with_path,
        1 => authority(),
        1 => Just("*".to_owned()),
    ];
    target.prop_filter_map("not a target", |target| target.parse().ok())
}

fn authority() -> impl Strategy<Value = String> {
    let hosts = [
        "a.example",
        "A.Example",
        "127.0.0.1",
        "[::1]",
        "[2001:db8::1]",
        "me:secret@a.example",
        "me@[::1]",
    ];
    let port = select(vec!["", ":", ":0", ":80", ":443", ":8080", ":65535"]);
    (select(hosts.to_vec()), port).prop_map(|(host, port)| format!("{host}{port}"))
}

fn headers() -> impl Strategy<Value = Vec<(HeaderName, HeaderValue)>> {
    let host = prop_oneof![
        authority().prop_map(String::into_bytes),
        select(vec![
            &b"caf\xe9.example"[..],
            b"",
            b":80",
            b"[]",
            b"[",
            b"a b:c"
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    let client = prop_oneof![
        Just("203.0.113.7"),
        Just("203.0.113.7, 10.0.0.1"),
        Just("2001:db8::2, 198.51.100.1:4711"),
        Just("[2001:db9::1]:80"),
        Just("unknown, 10.0.0.1"),
        Just(""),
    ];
    let forwarded = prop_oneof![
        Just("for=203.0.113.8;proto=https"),
        Just("for=\"[2001:db9::2]:80\", for=10.0.0.1"),
        Just("for=_hidden"),
    ];
    let user_agent = select(vec![
        &b"curl/8"[..],
        b"caf\xe9",
        b"a \"quoted\" agent",
        b"",
        LONG_VALUE,
    ]);
    let all = (of(host), of(client), of(forwarded), of(user_agent));
    all.prop_map(|(host, client, forwarded, user_agent)| {
        let values = [
            (http::header::HOST, host),
            (
                HeaderName::from_static("x-forwarded-for"),
                client.map(|text| text.as_bytes().to_vec()),
            ),
            (
                http::header::FORWARDED,
                forwarded.map(|text| text.as_bytes().to_vec()),
            ),
            (http::header::USER_AGENT, user_agent.map(<[u8]>::to_vec)),
        ];
        let present = values
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        present
            .map(|(name, value)| (name, HeaderValue::from_bytes(&value).unwrap()))
            .collect()
    })
}

const LONG_VALUE: &[u8] = &[b'u'; 600];

fn peer() -> impl Strategy<Value = Option<SocketAddr>> {
    let peers = [
        "10.0.0.9:4711",
        "192.0.2.1:1",
        "[::ffff:10.0.0.9]:80",
        "[2001:db8::9]:80",
    ];
    of(select(peers.to_vec()).prop_map(|peer| peer.parse().unwrap()))
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::EmptyBody),
        6 => Just(End::CompleteBody),
        1 => Just(End::FailedBody),
        1 => Just(End::DroppedBody),
        1 => Just(End::DroppedBeforeHeaders),
        1 => Just(End::Failed),
        1 => Just(End::Panicked),
    ]
}
