//! The span that an event names as its parent.

use std::sync::{Arc, Mutex};

use gusset_core::SpanIds;
use gusset_data::{LinkedIds, SpanData};
use gusset_trace::sampler::AlwaysOff;
use gusset_trace::{SpanFilter, SpanLayer};
use tracing::{Event, Level, Span, Subscriber, info, info_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::exported::*;
use crate::subscriber::{named, server};

/// Reads the ids of events, as a layer that writes them does.
#[derive(Clone, Default)]
struct Ids(Arc<Mutex<Vec<Option<SpanIds>>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Ids {
    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let ids = match event.parent() {
            _ if event.is_root() => None,
            None => SpanIds::current(),
            Some(id) => {
                let span = cx.span(id).unwrap();
                let extensions = span.extensions();
                let LinkedIds(ids) = extensions.get().expect("every span has them");
                *ids
            }
        };
        self.0.lock().unwrap().push(ids);
    }
}

/// Returns the ids of the events in `work`, and the exported spans with their events.
fn run(
    layer: impl FnOnce(SpanLayer) -> SpanLayer,
    work: impl FnOnce(),
) -> (Vec<Option<[u8; 8]>>, Vec<SpanData>) {
    let (spans, ids) = (Spans::default(), Ids::default());
    let layer = layer(SpanLayer::new(spans.clone()).events(Level::INFO));
    let subscriber = tracing_subscriber::registry().with(layer).with(ids.clone());
    gusset_testkit::with_subscriber(subscriber, work);
    let ids = ids
        .0
        .lock()
        .unwrap()
        .iter()
        .map(|ids| ids.map(SpanIds::span_id))
        .collect();
    (ids, spans.take())
}

fn events<'a>(spans: &'a [SpanData], name: &str) -> Vec<&'a str> {
    let events = named(spans, name).events.iter();
    events.map(|event| event.name.as_str()).collect()
}

#[test]
fn explicit_parent_has_the_ids_and_the_event() {
    let (ids, spans) = run(
        |layer| layer,
        || {
            server(get("/"), || {
                let call = Span::current();
                let (a, b) = (info_span!("a"), info_span!("b"));
                info!(parent: &a, "outside of any span");
                b.in_scope(|| {
                    info!(parent: &a, "inside another span");
                    info!(parent: &call, "inside a span of the call");
                    info!("contextual");
                });
            });
            let outside = info_span!("outside");
            info!(parent: &outside, "outside of any call");
        },
    );
    let id = |name| Some(named(&spans, name).span_id);
    assert_eq!(ids, [id("a"), id("a"), id("GET"), id("b"), id("outside")]);
    assert_eq!(
        events(&spans, "a"),
        ["outside of any span", "inside another span"]
    );
    assert_eq!(events(&spans, "b"), ["contextual"]);
    assert_eq!(events(&spans, "GET"), ["inside a span of the call"]);
    assert_eq!(events(&spans, "outside"), ["outside of any call"]);
}

#[test]
fn event_without_a_parent_has_no_ids() {
    let (ids, spans) = run(
        |layer| layer,
        || {
            server(get("/"), || {
                info!(parent: None, "in a call");
                info_span!("a").in_scope(|| {
                    info!(parent: None, "in a span");
                    info!(parent: &Span::none(), "with a disabled parent");
                });
            });
        },
    );
    assert_eq!(ids, [None; 3]);
    assert!(
        spans.iter().all(|span| span.events.is_empty()),
        "{spans:#?}"
    );
}

#[test]
fn parent_that_is_not_exported_has_the_ids_of_its_parent() {
    let filter = SpanFilter::parse("off").unwrap();
    let (ids, spans) = run(
        |layer| layer.span_filter(filter),
        || {
            server(get("/"), || {
                let skipped = info_span!("skipped");
                let inner = info_span!(parent: &skipped, "inner");
                info!(parent: &inner, "one");
            });
            let root = info_span!("root");
            server(get("/"), || info!(parent: &root, "two"));
        },
    );
    assert_eq!(spans.len(), 2, "the calls");
    assert_eq!(ids, [Some(spans[0].span_id), None]);
    assert_eq!(events(&spans[..1], "GET"), ["one"]);
    assert!(spans[1].events.is_empty());
}

#[test]
fn parent_that_is_not_sampled_keeps_the_ids_of_its_call() {
    let (ids, spans) = run(
        |layer| layer.sampler(AlwaysOff),
        || {
            let unsampled = get_unsampled();
            server(unsampled, || {
                let ids = SpanIds::current();
                let (call, own) = (Span::current(), info_span!("own"));
                SpanIds::set_current(None);
                info!(parent: &call, "one");
                info!(parent: &own, "two");
                SpanIds::set_current(ids);
                info!("three");
            });
            let root = info_span!("root");
            server(get_unsampled(), || info!(parent: &root, "four"));
        },
    );
    assert!(spans.is_empty());
    assert!(ids[0].is_some());
    assert_eq!(ids, [ids[0], ids[0], ids[0], None]);
}

fn get_unsampled() -> http::Request<()> {
    let parent = "00-12345678901234567890123456789012-1234567890123456-00";
    let req = http::Request::get("/").header("traceparent", parent);
    req.body(()).unwrap()
}
