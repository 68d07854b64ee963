//! Own fields of calls are on their spans, also those of trusted baggage.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use gusset_core::field::{self, CallFields, FieldKind};
use gusset_core::{CallContext, CallObserver, End, Observer, Protocol};
use gusset_data::SpanData;
use gusset_http::{GrpcServerClassifier, HttpClientClassifier, HttpServerClassifier, PeerAddr};
use gusset_http::{RequestOptions, TrustedProxies};
use gusset_trace::{Redaction, TraceObserver, TraceObserverBuilder, TraceTrust};
use http::Request;

use crate::exported::*;
use crate::support::*;

fn with_tenants(builder: TraceObserverBuilder) -> TraceObserverBuilder {
    let options = RequestOptions::default().with_field("tenant", ["blue", "green"]);
    builder.request_options(Arc::new(options))
}

/// Returns the span of a server's call.
fn span(builder: TraceObserverBuilder, work: impl FnMut()) -> SpanData {
    let spans = Spans::default();
    let observer = built(builder.sink(spans.clone()));
    during::<HttpServerClassifier, _>(observer, get("/a"), work);
    spans.only()
}

/// Keeps the fields of the last call.
#[derive(Clone, Default)]
struct Keep(Arc<Mutex<CallFields>>);

impl<P: Protocol> Observer<P> for Keep {
    type Call = Self;
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        self.clone()
    }
}

impl<P: Protocol> CallObserver<P> for Keep {
    fn on_end(self, _: End<'_, P>, cx: &CallContext) {
        *self.0.lock().unwrap() = cx.fields().unwrap_or_default();
    }
}

#[test]
fn span_has_the_fields_of_its_call() {
    let span = span(with_tenants(TraceObserver::server()), || {
        field::low("tenant", "blue");
        field::high("user.id", 42);
    });
    has(&span, &[("tenant", "blue"), ("user.id", "42")]);
}

#[test]
fn spans_of_grpc_and_of_clients_have_them() {
    let spans = Spans::default();
    let work = || field::high("user.id", 42);
    let observer = built(TraceObserver::grpc_server().sink(spans.clone()));
    let request = Request::post("/s.S/M").header("content-type", "application/grpc");
    during::<GrpcServerClassifier, _>(observer, request.body(()).unwrap(), work);
    has(&spans.only(), &[("user.id", "42")]);
    let observer = built(TraceObserver::client().sink(spans.clone()));
    during::<HttpClientClassifier, _>(observer, get("http://h/"), work);
    has(&spans.only(), &[("user.id", "42")]);
}

#[test]
fn value_outside_of_the_set_is_other() {
    let span = span(with_tenants(TraceObserver::server()), || {
        field::low("tenant", "red");
        field::low("plan", "gold");
    });
    has(&span, &[("tenant", "_OTHER"), ("plan", "gold")]);
}

#[test]
fn secrets_are_redacted() {
    let builder = TraceObserver::server().redaction(Redaction::default().key("iban"));
    let span = span(builder, || {
        field::high("user.password", "hunter2");
        field::high("note", "postgres://me:hunter2@db/x");
        field::high("iban", "hunter2");
    });
    let text = format!("{span:?}");
    assert!(!text.contains("hunter2"), "{text}");
    has(&span, &[("iban", "REDACTED")]);
}

#[test]
fn own_field_replaces_no_attribute_of_the_call() {
    let span = span(TraceObserver::server(), || {
        field::high("url.path", "mine");
        field::high("gusset.outcome", "mine");
        gusset_trace::set_attribute("shop.plan", "silver");
        field::high("shop.plan", "gold");
    });
    has(
        &span,
        &[
            ("url.path", "/a"),
            ("gusset.outcome", "success"),
            ("shop.plan", "gold"),
        ],
    );
}

#[test]
fn fields_over_the_limits_are_counted() {
    let span = span(TraceObserver::server(), || field::high("", "x"));
    assert_eq!(span.dropped_attributes, 1);
}

/// Returns the fields of a call with baggage from this address.
fn of_baggage(builder: TraceObserverBuilder, peer: &str, baggage: &str) -> (SpanData, CallFields) {
    let spans = Spans::default();
    let observer = built(
        builder
            .baggage_fields(["tenant", "user.id"])
            .sink(spans.clone()),
    );
    let req = Request::get("/").header("baggage", baggage);
    let req = req.header("x-forwarded-for", "198.51.100.1, 192.0.2.1");
    let mut req = req.body(()).unwrap();
    let peer = PeerAddr(format!("{peer}:80").parse().unwrap());
    req.extensions_mut().insert(peer);
    let keep = Keep::default();
    during::<HttpServerClassifier, _>((keep.clone(), observer), req, || ());
    let fields = keep.0.lock().unwrap().clone();
    (spans.only(), fields)
}

const BAGGAGE: &str = "tenant=blue,user.id=4%202;ttl=3,other=x";

#[test]
fn listed_members_of_trusted_baggage_are_fields() {
    let range = || TrustedProxies::cidrs(["10.0.0.0/8"]).unwrap();
    let hops = TrustedProxies::hops(NonZeroUsize::new(2).unwrap());
    let server = || with_tenants(TraceObserver::server());
    for (builder, peer) in [
        (server(), "203.0.113.9"),
        (server().trusted_proxies(range()), "10.1.2.3"),
        (
            server()
                .trusted_proxies(range())
                .trust(TraceTrust::NewTrace),
            "10.1.2.3",
        ),
        (
            server()
                .trusted_proxies(range())
                .trust(TraceTrust::OwnSampling),
            "10.1.2.3",
        ),
        (
            server().trusted_proxies(hops).trust(TraceTrust::NewTrace),
            "203.0.113.9",
        ),
    ] {
        let (span, fields) = of_baggage(builder, peer, BAGGAGE);
        has(&span, &[("tenant", "blue"), ("user.id", "4 2")]);
        lacks(&span, &["other"]);
        assert_eq!(fields.get("tenant").unwrap().kind(), FieldKind::Low);
        assert_eq!(fields.get("user.id").unwrap().kind(), FieldKind::High);
        assert_eq!(fields.iter().count(), 2);
    }
}

#[test]
fn baggage_of_untrusted_senders_is_no_field() {
    let range = || TrustedProxies::cidrs(["10.0.0.0/8"]).unwrap();
    let hops = TrustedProxies::hops(NonZeroUsize::new(3).unwrap());
    let server = || with_tenants(TraceObserver::server());
    for builder in [
        server().trust(TraceTrust::NewTrace),
        server().trust(TraceTrust::OwnSampling),
        server().trusted_proxies(range()),
        server()
            .trusted_proxies(range())
            .trust(TraceTrust::OwnSampling),
        server().trusted_proxies(hops),
    ] {
        let (span, fields) = of_baggage(builder, "203.0.113.9", BAGGAGE);
        lacks(&span, &["tenant", "user.id"]);
        assert_eq!(fields.iter().count(), 0);
    }
}

#[test]
fn value_of_baggage_outside_of_the_set_is_other() {
    let (span, _) = of_baggage(
        with_tenants(TraceObserver::server()),
        "10.1.2.3",
        "tenant=red",
    );
    has(&span, &[("tenant", "_OTHER")]);
}

#[test]
fn handler_overrides_baggage() {
    let spans = Spans::default();
    let builder = TraceObserver::server().baggage_fields(["tenant"]);
    let req = Request::get("/").header("baggage", "tenant=blue");
    let observer = built(builder.sink(spans.clone()));
    during::<HttpServerClassifier, _>(observer, req.body(()).unwrap(), || {
        field::high("tenant", "green");
    });
    has(&spans.only(), &[("tenant", "green")]);
}

#[test]
fn baggage_is_no_field_by_default() {
    let spans = Spans::default();
    let observer = built(TraceObserver::server().sink(spans.clone()));
    let req = Request::get("/").header("baggage", BAGGAGE);
    during::<HttpServerClassifier, _>(observer, req.body(()).unwrap(), || ());
    lacks(&spans.only(), &["tenant", "user.id"]);
}

#[test]
fn empty_key_of_baggage_is_an_error() {
    let error = TraceObserver::server()
        .baggage_fields([""])
        .build()
        .unwrap_err();
    assert_eq!(error.setting(), "baggage_fields");
}

#[test]
fn task_with_the_context_sets_fields_of_the_call() {
    let span = span(TraceObserver::server(), || {
        let task = gusset_trace::with_current_context(async {
            field::high("in.task", 1);
        });
        let lost = async { field::high("lost", 1) };
        let poll_both = move || {
            now(task);
            now(lost);
        };
        std::thread::spawn(poll_both).join().unwrap();
    });
    has(&span, &[("in.task", "1")]);
    lacks(&span, &["lost"]);
}

#[cfg(feature = "subscriber")]
mod recorded {
    use gusset_trace::SpanLayer;
    use tracing::Span;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    fn recorded(work: impl FnMut()) -> SpanData {
        let spans = Spans::default();
        let subscriber = tracing_subscriber::registry().with(SpanLayer::new(spans.clone()));
        gusset_testkit::with_subscriber(subscriber, || {
            let observer = built(TraceObserver::server());
            during::<HttpServerClassifier, _>(observer, get("/a"), work);
        });
        let mut all = spans.take();
        all.pop().unwrap()
    }

    #[test]
    fn recorded_field_of_the_span_of_the_call_is_a_field() {
        let span = recorded(|| {
            Span::current().record("user.id", 42);
            Span::current().record("tenant.id", "blue");
            Span::current().record("enduser.id", tracing::field::debug("me"));
        });
        let expected = [
            ("user.id", "42"),
            ("tenant.id", "blue"),
            ("enduser.id", "\"me\""),
        ];
        has(&span, &expected);
    }

    #[test]
    fn fields_of_gusset_are_not_recorded_by_handlers() {
        let span = recorded(|| {
            Span::current().record("gusset.outcome", "mine");
            Span::current().record("otel.name", "mine");
        });
        has(&span, &[("gusset.outcome", "success")]);
        assert_eq!(&*span.name, "GET");
    }

    #[test]
    fn field_of_an_inner_span_is_not_that_of_the_call() {
        let span = recorded(|| {
            let inner = tracing::info_span!("inner", user.id = tracing::field::Empty);
            inner.in_scope(|| {
                Span::current().record("user.id", 42);
            });
        });
        lacks(&span, &["user.id"]);
    }
}
