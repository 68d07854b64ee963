//! Filters and sinks of `SpanLayer`.

use std::fmt;
use std::sync::{Arc, Mutex};

use gusset_data::{SpanData, SpanKind, SpanSink};
use gusset_trace::SpanLayer;
use tracing::{Level, debug_span, error, info, info_span};
use tracing_subscriber::filter::{EnvFilter, FilterFn, LevelFilter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry, reload};

use crate::exported::*;
use crate::subscriber::{named, server};
use crate::support::*;

#[test]
fn filter_of_the_log_does_not_affect_spans() {
    for directive in ["error", "off"] {
        let (spans, lines) = (Spans::default(), Lines::default());
        let log = tracing_subscriber::fmt::layer()
            .with_writer(lines.clone())
            .with_filter(EnvFilter::new(directive));
        for filtered in [false, true] {
            let layer = SpanLayer::new(spans.clone());
            let work = || {
                server(get("/"), || {
                    info_span!("own").in_scope(|| info!("not shown"));
                });
            };
            if filtered {
                let log = tracing_subscriber::fmt::layer()
                    .with_writer(lines.clone())
                    .with_filter(EnvFilter::new(directive));
                let subscriber = Registry::default()
                    .with(log)
                    .with(layer.with_recording_filter());
                gusset_testkit::with_subscriber(subscriber, work);
            } else {
                let subscriber = Registry::default().with(layer);
                gusset_testkit::with_subscriber(subscriber, work);
            }
            assert_eq!(spans.take().len(), 2, "{directive}");
        }
        let subscriber = Registry::default()
            .with(log)
            .with(SpanLayer::new(spans.clone()));
        gusset_testkit::with_subscriber(subscriber, || {
            server(get("/"), || {
                info_span!("own").in_scope(|| info!("not shown"));
            });
        });
        assert_eq!(spans.take().len(), 2, "{directive}");
        assert!(lines.0.lock().unwrap().is_empty(), "{directive}");
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Lines {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[test]
fn filter_of_the_layer_keeps_the_tree_connected() {
    let spans = Spans::default();
    let (level, handle) = reload::Layer::new(LevelFilter::INFO);
    let layer = SpanLayer::new(spans.clone()).with_filter(level);
    let subscriber = Registry::default().with(layer);
    gusset_testkit::with_subscriber(subscriber, || {
        let work = || {
            server(get("/"), || {
                debug_span!("fine").in_scope(|| info_span!("coarse").in_scope(|| {}));
            });
        };
        work();
        let seen = spans.take();
        assert_eq!(seen.len(), 2);
        assert_eq!(
            named(&seen, "coarse").parent_span_id,
            Some(named(&seen, "GET").span_id)
        );
        handle.modify(|level| *level = LevelFilter::DEBUG).unwrap();
        work();
        let seen = spans.take();
        assert_eq!(seen.len(), 3);
        assert_eq!(
            named(&seen, "coarse").parent_span_id,
            Some(named(&seen, "fine").span_id)
        );
        handle.modify(|level| *level = LevelFilter::OFF).unwrap();
        work();
        assert_eq!(
            spans.only().name,
            "GET",
            "only the sampler decides on calls"
        );
    });
}

#[test]
fn filter_of_another_layer_keeps_the_tree() {
    let (spans, recorder) = (Spans::default(), SpanRecorder::default());
    let fine = FilterFn::new(|metadata| metadata.name() != "hidden");
    let subscriber = Registry::default()
        .with(SpanLayer::new(spans.clone()))
        .with(recorder.clone().with_filter(fine));
    gusset_testkit::with_subscriber(subscriber, || {
        server(get("/"), || {
            info_span!("hidden").in_scope(|| info_span!("shown").in_scope(|| {}));
        });
    });
    let seen = spans.take();
    assert_eq!(
        named(&seen, "shown").parent_span_id,
        Some(named(&seen, "hidden").span_id)
    );
    assert_eq!(recorder.spans().len(), 2);
}

#[test]
fn logging_sinks_and_values_do_not_recurse() {
    #[derive(Clone, Default)]
    struct Chatty(Spans);
    impl SpanSink for Chatty {
        fn export(&self, span: SpanData) {
            error!("of the sink");
            if span.kind == SpanKind::Server {
                // Only at the completion of a call, and not while the subscriber closes a span.
                info_span!("of the sink").in_scope(|| {});
                server(get("/of/the/sink"), || {});
            }
            self.0.export(span);
        }
    }
    struct Loud;
    impl fmt::Debug for Loud {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!("while formatting");
            info_span!("while formatting").in_scope(|| {});
            f.write_str("loud")
        }
    }
    let sink = Chatty::default();
    let layer = SpanLayer::new(sink.clone()).events(Level::TRACE);
    let subscriber = Registry::default().with(layer);
    gusset_testkit::with_subscriber(subscriber, || {
        server(get("/"), || {
            let span = info_span!("own", a = ?Loud, b = tracing::field::Empty);
            span.in_scope(|| {
                span.record("b", tracing::field::debug(Loud));
                info!(c = ?Loud, "an event");
            });
        });
    });
    let seen = sink.0.take();
    has(named(&seen, "own"), &[("a", "loud"), ("b", "loud")]);
    assert_eq!(
        seen.iter()
            .filter(|span| span.name == "of the sink")
            .count(),
        0
    );
}
