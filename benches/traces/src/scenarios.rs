//! The layers that are measured.

use std::hint::black_box;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use bytes::Bytes;
use gusset_benches::{Scenario, Work, WorkFactory, axum as route, otlp, run_call, svc};
use gusset_data::{SpanData, SpanSink as _};
use gusset_http::Route;
use http::HeaderValue;
use http_body_util::Empty;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::subjects;

const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const NOT_SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

macro_rules! table {
    ($($name:literal, $about:literal, $parent:ident, $before:expr, $layer:expr;)*) => {
        /// Returns the scenarios of a plain service.
        pub fn svc() -> Vec<Scenario> {
            vec![
                scenario("svc/bare", "nothing", None, || Box::new(|| svc_call(svc::Hello, SAMPLED))),
                $(scenario(concat!("svc/", $name), $about, Some("svc/bare"), || {
                    $before;
                    let layer = $layer;
                    Box::new(move || svc_call(layer.layer(svc::Hello), $parent))
                }),)*
            ]
        }

        /// Returns the scenarios of an axum route.
        pub fn axum() -> Vec<Scenario> {
            vec![
                scenario("axum/bare", "nothing", None, || axum_calls(route::router(), SAMPLED)),
                scenario("axum/pass", "a layer that does nothing", Some("axum/bare"), || {
                    axum_calls(route::router().layer(gusset_benches::layers::pass()), SAMPLED)
                }),
                $(scenario(concat!("axum/", $name), $about, Some("axum/bare"), || {
                    $before;
                    axum_calls(route::router().layer($layer), $parent)
                }),)*
            ]
        }
    };
}

table! {
    "off/gusset", "gusset", SAMPLED, (), subjects::gusset();
    "off/otel-tower", "opentelemetry-instrumentation-tower", SAMPLED, (), subjects::otel_tower();
    "off/axum-tracing", "axum-tracing-opentelemetry", SAMPLED, (), OtelAxumLayer::default();
    "off/tower-otel", "tower-otel", SAMPLED, (), subjects::tower_otel();
    "unsampled/gusset", "gusset", NOT_SAMPLED, subjects::subscribe_gusset(true), subjects::gusset();
    "unsampled/gusset-unfiltered", "gusset, `SpanLayer` without its filter", NOT_SAMPLED,
        subjects::subscribe_gusset(false), subjects::gusset();
    "unsampled/gusset-alone", "gusset, no subscriber", NOT_SAMPLED, (), subjects::gusset_alone();
    "unsampled/otel-tower", "opentelemetry-instrumentation-tower", NOT_SAMPLED, subjects::provider(),
        subjects::otel_tower();
    "unsampled/axum-tracing", "axum-tracing-opentelemetry", NOT_SAMPLED, subjects::subscribe_otel(),
        OtelAxumLayer::default();
    "unsampled/tower-otel", "tower-otel", NOT_SAMPLED, subjects::subscribe_otel(), subjects::tower_otel();
    "sampled/gusset", "gusset", SAMPLED, subjects::subscribe_gusset(true), subjects::gusset();
    "sampled/gusset-alone", "gusset, no subscriber", SAMPLED, (), subjects::gusset_alone();
    "sampled/gusset-context", "gusset, and OpenTelemetry's current context", SAMPLED, (), subjects::gusset_context();
    "sampled/gusset-processor", "gusset, a processor of the provider", SAMPLED, (), subjects::gusset_processor();
    "sampled/gusset-exporter", "gusset, an exporter of the SDK", SAMPLED, (), subjects::gusset_exporter();
    "sampled/gusset-live", "gusset, spans begin in a tracer of the SDK", SAMPLED, (), subjects::gusset_live();
    "sampled/otel-tower", "opentelemetry-instrumentation-tower", SAMPLED, subjects::provider(),
        subjects::otel_tower();
    "sampled/axum-tracing", "axum-tracing-opentelemetry", SAMPLED, subjects::subscribe_otel(),
        OtelAxumLayer::default();
    "sampled/tower-otel", "tower-otel", SAMPLED, subjects::subscribe_otel(), subjects::tower_otel();
}

/// Returns the scenarios of the export of one span on the thread of a request.
pub fn span() -> Vec<Scenario> {
    let bare = || -> WorkFactory { span_calls(|span| std::mem::forget(black_box(span))) };
    vec![
        scenario("span/bare", "a span, not exported", None, bare),
        scenario(
            "span/exporter",
            "to an exporter of the SDK",
            Some("span/bare"),
            || {
                let sink = subjects::exporter_sink();
                span_calls(move |span| sink.export(span))
            },
        ),
        scenario(
            "span/processor",
            "to a processor of the SDK",
            Some("span/bare"),
            || {
                let sink = subjects::processor_sink();
                span_calls(move |span| sink.export(span))
            },
        ),
    ]
}

fn span_calls(export: impl Fn(SpanData) + Send + Sync + 'static) -> WorkFactory {
    let (export, span) = (Arc::new(export), otlp::span());
    Box::new(move || {
        let (export, span) = (export.clone(), span.clone());
        Box::new(move || export(span.clone()))
    })
}

/// Returns a scenario with few calls, so that no queue overflows if the machine is busy.
fn scenario(
    name: &'static str,
    about: &'static str,
    baseline: Option<&'static str>,
    make: fn() -> WorkFactory,
) -> Scenario {
    Scenario {
        name,
        about,
        baseline,
        times: 1500,
        make,
    }
}

fn svc_call<S, B>(service: S, parent: &'static str) -> Work
where
    S: Service<http::Request<Empty<Bytes>>, Response = http::Response<B>> + 'static,
    B: http_body::Body,
{
    svc::each(service, move || {
        let mut request = http::Request::new(Empty::new());
        request.extensions_mut().insert(Route::new("/items/{id}"));
        add_headers(request.headers_mut(), parent);
        request
    })
}

fn axum_calls(router: axum::Router, parent: &'static str) -> WorkFactory {
    let router = router.with_state::<()>(());
    Box::new(move || {
        let router = router.clone();
        let uri = http::Uri::from_static("/items/42");
        Box::new(move || {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = uri.clone();
            add_headers(request.headers_mut(), parent);
            run_call(&mut router.clone(), black_box(request));
        })
    })
}

/// Adds the headers that all subjects read.
fn add_headers(headers: &mut http::HeaderMap, parent: &'static str) {
    headers.insert("host", HeaderValue::from_static("shop.example"));
    headers.insert("user-agent", HeaderValue::from_static("bench/1.0"));
    headers.insert("traceparent", HeaderValue::from_static(parent));
}
