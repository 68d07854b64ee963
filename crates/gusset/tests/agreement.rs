//! Logs, traces and metrics agree about every attribute that they share.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

#[path = "agreement/attributes.rs"]
mod attributes;
#[path = "agreement/calls.rs"]
mod calls;
#[path = "support/capture.rs"]
mod capture;
#[path = "agreement/strategies.rs"]
mod strategies;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use gusset::InstrumentationBuilder;
use gusset::http::{KnownMethods, QueryRedaction, TrustedProxies};
use gusset::kind::{HttpKind, ServiceKind};
use gusset_data::Metric;
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tower::{Layer, service_fn};

use crate::attributes::{
    ALL, GRPC_CLIENT, GRPC_SERVER, HTTP_CLIENT, HTTP_SERVER, LOG_AND_TRACE, Log, Metrics, Shared,
    Signal, Trace, entry_attributes, metric_attributes, span_attributes,
};
use crate::calls::{Call, End, GrpcStatus, Options, exchange, respond};
use crate::capture::{Capture, metrics};
use crate::strategies::{grpc_call, http_call, options};

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
    let reported = RefCell::new(BTreeMap::<Signal, BTreeSet<String>>::new());
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
