//! Events that name their span: `parent: &span` and `parent: None`.

use gusset_core::SpanIds;
use gusset_data::LinkedIds;
use gusset_log::Format;
use tracing::span::{Attributes, Id};
use tracing::{Subscriber, debug_span, info, info_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::support::*;

/// A layer that stores ids in each span, as `gusset-trace` does.
struct Ids;

fn ids_of(id: &Id) -> SpanIds {
    SpanIds::new([7; 16], id.into_u64().to_be_bytes(), true)
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Ids {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        ctx.span(id)
            .unwrap()
            .extensions_mut()
            .insert(LinkedIds(Some(ids_of(id))));
    }
}

/// Returns the entries and the records of `work` with a layer that stores ids in spans.
fn logged_with_ids(work: impl FnOnce()) -> (Vec<serde_json::Value>, Vec<Option<[u8; 8]>>) {
    let (output, sink) = (Output::default(), RecordingSink::default());
    let log = builder(Format::Json)
        .writer(output.clone())
        .sink(sink.clone());
    let log = log.build_with(no_env).unwrap();
    let subscriber = tracing_subscriber::registry().with(Ids).with(log.layer);
    gusset_testkit::with_subscriber(subscriber, work);
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    let lines = output.lines();
    let lines = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    let records = sink.0.lock().unwrap();
    let records = records.iter().map(|record| record.span_id).collect();
    (lines.collect(), records)
}

fn hex(ids: SpanIds) -> String {
    format!("{:016x}", u64::from_be_bytes(ids.span_id()))
}

#[test]
fn event_has_the_ids_of_its_explicit_parent() {
    let mut expected = Vec::new();
    let (lines, records) = logged_with_ids(|| {
        let a = info_span!("a");
        let hidden = debug_span!("hidden");
        expected = vec![ids_of(&a.id().unwrap()), ids_of(&hidden.id().unwrap())];
        ids().scope(|| {
            info_span!("other").in_scope(|| {
                info!(parent: &a, "in a");
                info!(parent: &hidden, "in a span that the log hides");
            });
        });
    });
    for (line, ids) in lines.iter().zip(&expected) {
        assert_eq!(line["span_id"], hex(*ids), "{line}");
        assert_eq!(line["trace_id"], "07".repeat(16), "{line}");
    }
    assert_eq!(lines[0]["spans"][0]["name"], "a");
    let expected: Vec<_> = expected.iter().map(|ids| Some(ids.span_id())).collect();
    assert_eq!(records, expected);
}

#[test]
fn event_without_parent_has_no_ids() {
    let (lines, records) = logged_with_ids(|| {
        ids().scope(|| {
            info_span!("other").in_scope(|| {
                info!(parent: None, "outside");
                info!("inside");
            });
        });
    });
    for field in ["trace_id", "span_id", "trace_flags", "spans"] {
        assert_eq!(lines[0].get(field), None, "{field}");
    }
    assert_eq!(lines[1]["span_id"], "cd".repeat(8));
    assert_eq!(records, [None, Some([0xcd; 8])]);
}

#[test]
fn span_without_ids_has_those_of_its_creation() {
    let lines = logged(builder(Format::Logfmt).without_spans(), || {
        let outer = ids().scope(|| info_span!("outer"));
        let inner = info_span!(parent: &outer, "inner");
        let root = ids().scope(|| info_span!(parent: None, "root"));
        SpanIds::new([1; 16], [2; 8], false).scope(|| {
            info!(parent: &outer, "here");
            info!(parent: &inner, "here");
            info!(parent: &root, "here");
        });
    });
    assert!(lines[0].contains(" span_id=cdcdcdcdcdcdcdcd "), "{lines:?}");
    assert!(lines[1].contains(" span_id=cdcdcdcdcdcdcdcd "), "{lines:?}");
    assert!(!lines[2].contains("span_id"), "{lines:?}");
}
