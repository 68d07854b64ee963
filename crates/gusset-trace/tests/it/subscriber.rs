//! The spans that `SpanLayer` exports.

use gusset_core::{Env, SpanIds};
use gusset_data::{SpanData, SpanKind, SpanStatus, Value};
use gusset_http::{HttpClientClassifier, HttpServerClassifier};
use gusset_trace::sampler::{AlwaysOff, TailSampler};
use gusset_trace::{SpanLayer, SpanLimits, TraceObserver, current_span_context, set_attribute};
use http::Request;
use tracing::{Level, info, info_span, warn};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::exported::*;
use crate::support::*;

/// Returns the spans exported while `work` runs with a layer.
pub(crate) fn with(
    layer: impl FnOnce(SpanLayer) -> SpanLayer,
    work: impl FnOnce(&Spans),
) -> Vec<SpanData> {
    let spans = Spans::default();
    let layer = layer(SpanLayer::new(spans.clone()).limits(SpanLimits::default()));
    let subscriber = tracing_subscriber::registry().with(layer);
    gusset_testkit::with_subscriber(subscriber, || work(&spans));
    spans.take()
}

pub(crate) fn exported(work: impl FnOnce()) -> Vec<SpanData> {
    with(|layer| layer, |_| work())
}

/// Returns the spans exported with the recording filter, which must equal those without it.
pub(crate) fn exported_with_and_without_filter(work: impl Fn()) -> Vec<SpanData> {
    let spans = Spans::default();
    let subscriber =
        Registry::default().with(SpanLayer::new(spans.clone()).with_recording_filter());
    gusset_testkit::with_subscriber(subscriber, &work);
    let (filtered, unfiltered) = (spans.take(), exported(work));
    let names =
        |spans: &[SpanData]| -> Vec<_> { spans.iter().map(|span| span.name.clone()).collect() };
    assert_eq!(names(&filtered), names(&unfiltered));
    for spans in [&filtered, &unfiltered] {
        assert!(spans.iter().all(|span| span.trace_id == spans[0].trace_id));
    }
    filtered
}

pub(crate) fn server(req: Request<()>, work: impl FnMut()) {
    during::<HttpServerClassifier, _>(built(TraceObserver::server()), req, work);
}

pub(crate) fn named<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found
        .next()
        .unwrap_or_else(|| panic!("no {name} in {spans:#?}"));
    assert!(found.next().is_none(), "{name} is exported twice");
    span
}

#[test]
fn service_spans_are_children_of_the_call() {
    let spans = exported_with_and_without_filter(|| {
        server(get("/"), || {
            let outer = info_span!("outer");
            outer.in_scope(|| info_span!("inner").in_scope(|| {}));
            info_span!("never entered");
        });
    });
    assert_eq!(spans.len(), 4);
    let call = named(&spans, "GET");
    assert_eq!(call.kind, SpanKind::Server);
    for (name, parent) in [
        ("outer", "GET"),
        ("inner", "outer"),
        ("never entered", "GET"),
    ] {
        let span = named(&spans, name);
        assert_eq!(
            span.parent_span_id,
            Some(named(&spans, parent).span_id),
            "{name}"
        );
        assert_eq!((span.kind, span.flags & 1), (SpanKind::Internal, 1));
        assert!(!span.parent_is_remote && span.start <= span.end);
        assert_eq!(span.scope, "it::subscriber");
    }
}

#[test]
fn fields_keep_types_and_later_values_win() {
    let spans = exported(|| {
        let span = info_span!(
            "typed",
            text = "a",
            signed = -1,
            large = u64::MAX,
            half = 0.5,
            yes = true,
            shown = %"b",
            debug = ?"c",
            late = tracing::field::Empty,
            absent = tracing::field::Empty,
        );
        span.record("late", 1);
        span.record("late", 2);
        span.record("text", "z");
    });
    let expected: [(&str, Value); 8] = [
        ("text", "z".into()),
        ("signed", (-1_i64).into()),
        ("large", u64::MAX.into()),
        ("half", 0.5.into()),
        ("yes", true.into()),
        ("shown", "b".into()),
        ("debug", "\"c\"".into()),
        ("late", 2_i64.into()),
    ];
    let expected = expected.map(|(key, value)| (key.into(), value));
    assert_eq!(spans[0].attributes, expected);
}

#[test]
fn special_fields_set_name_kind_and_status() {
    let spans = exported(|| {
        let _ = info_span!(
            "a",
            otel.name = "b",
            otel.kind = "Producer",
            otel.status_code = "OK"
        );
        let late = info_span!(
            "c",
            otel.status_code = tracing::field::Empty,
            otel.status_message = "why"
        );
        late.record("otel.status_code", "ERROR");
        let _ = info_span!("d", otel.status_code = "error", otel.own = 1);
    });
    let [b, c, d] = ["b", "c", "d"].map(|name| named(&spans, name));
    assert_eq!(b.kind, SpanKind::Producer);
    assert_eq!(b.status, SpanStatus::Ok);
    assert_eq!(c.status, SpanStatus::Error("why".into()));
    assert_eq!(d.status, SpanStatus::Error("".into()));
    assert!(b.attributes.is_empty() && c.attributes.is_empty());
    assert_eq!(d.attributes, [("otel.own".into(), Value::Int(1))]);
}

#[test]
fn limits_apply_to_attributes_events_and_links() {
    let limits = SpanLimits::from_env(Env::from_fn(&|name| {
        let value = match name {
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" => "2",
            "OTEL_SPAN_EVENT_COUNT_LIMIT" | "OTEL_SPAN_LINK_COUNT_LIMIT" => "1",
            "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT" => "1",
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT" => "3",
            _ => return None,
        };
        Some(value.to_owned())
    }));
    let spans = with(
        |layer| layer.limits(limits).events(Level::INFO),
        |_| {
            let (one, two) = (info_span!("one"), info_span!("two"));
            let span = info_span!(
                "limited",
                a = "long text",
                b = 1,
                c = 2,
                d = tracing::field::Empty
            );
            span.record("d", 4);
            span.follows_from(&one);
            span.follows_from(&two);
            span.in_scope(|| {
                info!(x = 1, y = 2, "first");
                info!("second");
            });
        },
    );
    let span = named(&spans, "limited");
    assert_eq!((span.attributes.len(), span.dropped_attributes), (2, 2));
    has(span, &[("a", "lon")]);
    assert_eq!((span.events.len(), span.dropped_events), (1, 1));
    assert_eq!(
        (&*span.events[0].name, span.events[0].attributes.len()),
        ("first", 1)
    );
    assert_eq!((span.links.len(), span.dropped_links), (1, 1));
    assert_eq!(span.links[0].span_id, named(&spans, "one").span_id);
}

#[test]
fn events_on_spans_are_opt_in() {
    let work = || {
        server(get("/"), || {
            info!("of the call");
            info_span!("own").in_scope(|| {
                warn!(answer = 42, "of the span");
                tracing::debug!("too fine");
            });
        });
    };
    assert!(exported(work).iter().all(|span| span.events.is_empty()));
    let spans = with(|layer| layer.events(Level::INFO), |_| work());
    assert_eq!(named(&spans, "GET").events[0].name, "of the call");
    let [event] = &named(&spans, "own").events[..] else {
        panic!("{spans:#?}");
    };
    assert_eq!(event.name, "of the span");
    assert_eq!(event.attributes, [("answer".into(), Value::Int(42))]);
}

#[test]
fn unsampled_call_has_no_recorded_children() {
    let work = || {
        let trace = built(TraceObserver::server().sampler(AlwaysOff));
        during::<HttpServerClassifier, _>(trace, get("/"), || {
            let outer = info_span!("outer");
            outer.in_scope(|| {
                info_span!("inner").in_scope(|| {});
                let client = built(TraceObserver::client());
                exchange::<HttpClientClassifier, _>(client, Request::new(()), |_| hello());
            });
        });
    };
    assert!(exported(work).is_empty());
    let spans = Spans::default();
    let subscriber =
        Registry::default().with(SpanLayer::new(spans.clone()).with_recording_filter());
    gusset_testkit::with_subscriber(subscriber, work);
    assert!(spans.take().is_empty());
}

#[test]
fn current_ids_follow_the_innermost_span() {
    exported(|| {
        server(get("/"), || {
            let call = SpanIds::current().unwrap();
            let (a, b) = (info_span!("a"), info_span!("b"));
            let entered_a = a.enter();
            let of_a = SpanIds::current().unwrap();
            assert_eq!(of_a.trace_id(), call.trace_id());
            assert_ne!(of_a.span_id(), call.span_id());
            assert_eq!(
                current_span_context().unwrap().span_id().to_bytes(),
                of_a.span_id()
            );
            let entered_b = b.enter();
            let of_b = SpanIds::current();
            // Guards may be dropped in any order.
            drop(entered_a);
            assert_eq!(SpanIds::current(), of_b);
            drop(entered_b);
            assert_eq!(SpanIds::current(), Some(call));
        });
        assert_eq!(SpanIds::current(), None);
    });
}

#[test]
fn clients_and_attributes_work_inside_spans() {
    let spans = exported_with_and_without_filter(|| {
        server(get("/"), || {
            info_span!("own").in_scope(|| {
                set_attribute("plan", "gold");
                let client = built(TraceObserver::client());
                let req = Request::post("/").body(()).unwrap();
                exchange::<HttpClientClassifier, _>(client, req, |_| hello());
            });
        });
    });
    has(named(&spans, "GET"), &[("plan", "gold")]);
    lacks(named(&spans, "own"), &["plan"]);
    let own = named(&spans, "own").span_id;
    assert_eq!(named(&spans, "POST").parent_span_id, Some(own));
}

#[test]
fn root_spans_use_the_sampler_of_the_layer() {
    let work = || {
        let root = info_span!("root");
        root.in_scope(|| info_span!("child").in_scope(|| {}));
        let explicit = info_span!(parent: &root, "explicit");
        root.in_scope(|| info_span!(parent: None, "alone"));
        drop(explicit);
    };
    let spans = exported(work);
    let root = named(&spans, "root");
    assert_eq!((root.parent_span_id, root.flags), (None, 3));
    for name in ["child", "explicit"] {
        assert_eq!(
            named(&spans, name).parent_span_id,
            Some(root.span_id),
            "{name}"
        );
        assert_eq!(named(&spans, name).trace_id, root.trace_id, "{name}");
    }
    let alone = named(&spans, "alone");
    assert_eq!(alone.parent_span_id, None);
    assert_ne!(alone.trace_id, root.trace_id);
    assert!(with(|layer| layer.sampler(AlwaysOff), |_| work()).is_empty());
}

#[test]
fn buffered_spans_follow_their_call() {
    for (status, count) in [(200, 0), (500, 3)] {
        let spans = both_tail(status);
        assert_eq!(spans.len(), count, "{status}: {spans:#?}");
        if count > 0 {
            let call = named(&spans, "GET");
            for own in ["own", "outlives"] {
                let own = named(&spans, own);
                assert_eq!(own.parent_span_id, Some(call.span_id));
                assert_eq!((own.trace_id, own.flags & 1), (call.trace_id, 1));
            }
        }
    }
}

fn both_tail(status: u16) -> Vec<SpanData> {
    let spans = Spans::default();
    let subscriber =
        Registry::default().with(SpanLayer::new(spans.clone()).with_recording_filter());
    gusset_testkit::with_subscriber(subscriber, || {
        let trace = built(TraceObserver::server().sampler(TailSampler::new(AlwaysOff)));
        let mut outlives = None;
        exchange::<HttpServerClassifier, _>(trace, get("/"), |_| {
            info_span!("own").in_scope(|| {});
            outlives = Some(info_span!("outlives"));
            with_status(status)
        });
    });
    spans.take()
}

#[test]
fn sink_of_the_observer_wins() {
    let (own, spans) = (Spans::default(), Spans::default());
    let subscriber = Registry::default().with(SpanLayer::new(spans.clone()));
    gusset_testkit::with_subscriber(subscriber, || {
        let trace = built(TraceObserver::server().sink(own.clone()));
        during::<HttpServerClassifier, _>(trace, get("/"), || info_span!("below").in_scope(|| {}));
    });
    assert_eq!(own.take().len(), 2, "a trace is exported to one sink");
    assert!(spans.take().is_empty());
}

#[derive(Debug)]
struct QueryFailed(std::io::Error);

impl std::fmt::Display for QueryFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("query failed")
    }
}

impl std::error::Error for QueryFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn error_field_shows_its_causes() {
    let failed = QueryFailed(std::io::Error::other("no disk"));
    let error = &failed as &(dyn std::error::Error + 'static);
    let spans = exported(|| drop(info_span!("work", error)));
    let (key, value) = &spans[0].attributes[0];
    assert_eq!(key, "error");
    assert_eq!(value, &Value::String("query failed: no disk".into()));
}
