//! The status, times, filter and redaction of exported spans.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gusset_data::{SpanData, SpanStatus, Value};
use gusset_http::HttpServerClassifier;
use gusset_trace::sampler::{AlwaysOn, Sampler, SamplingDecision, SamplingParameters};
use gusset_trace::{SpanFilter, SpanLayer, SpanLimits, TraceObserver, set_attribute};
use tracing::field::Empty;
use tracing::{Level, debug_span, error, info, info_span, instrument};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::exported::*;
use crate::subscriber::{named, server};
use crate::support::*;

fn with(layer: impl FnOnce(SpanLayer) -> SpanLayer, work: impl FnOnce()) -> Vec<SpanData> {
    let spans = Spans::default();
    let layer = layer(SpanLayer::new(spans.clone()).limits(SpanLimits::default()));
    let subscriber = Registry::default().with(layer);
    gusset_testkit::with_subscriber(subscriber, work);
    spans.take()
}

fn exported(work: impl FnOnce()) -> Vec<SpanData> {
    with(|layer| layer, work)
}

fn error_without_description() -> SpanStatus {
    SpanStatus::Error("".into())
}

#[instrument(err)]
fn fail() -> Result<(), String> {
    Err("broken".to_owned())
}

#[test]
fn failing_instrumented_function_has_error_status() {
    let spans = exported(|| info_span!("outer").in_scope(|| drop(fail())));
    assert_eq!(named(&spans, "fail").status, error_without_description());
    assert_eq!(named(&spans, "outer").status, SpanStatus::Unset);
}

#[test]
fn failing_instrumented_function_has_error_status_behind_the_recording_filter() {
    let spans = Spans::default();
    let layer = SpanLayer::new(spans.clone()).with_recording_filter();
    gusset_testkit::with_subscriber(Registry::default().with(layer), || drop(fail()));
    assert_eq!(spans.take()[0].status, error_without_description());
}

#[test]
fn unwinding_span_has_error_status() {
    let spans = exported(|| {
        let span = info_span!("outer");
        let _entered = span.enter();
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            info_span!("inner").in_scope(|| panic!("broken"));
        }));
        assert!(unwound.is_err());
    });
    assert_eq!(named(&spans, "inner").status, error_without_description());
    assert_eq!(named(&spans, "outer").status, SpanStatus::Unset);
}

#[test]
fn ok_status_is_final() {
    let spans = exported(|| {
        let span = info_span!(
            "a",
            otel.status_code = "ok",
            otel.status_description = Empty
        );
        span.record("otel.status_code", "error");
        span.record("otel.status_description", "why");
        span.in_scope(|| error!(error = "broken"));
    });
    assert_eq!(spans[0].status, SpanStatus::Ok);
}

#[test]
fn description_counts_only_with_an_error() {
    let spans = exported(|| {
        let _ = info_span!("a", otel.status_description = "why");
        let _ = info_span!(
            "b",
            otel.status_code = "error",
            otel.status_description = "why"
        );
    });
    assert_eq!(named(&spans, "a").status, SpanStatus::Unset);
    assert_eq!(named(&spans, "b").status, SpanStatus::Error("why".into()));
}

#[test]
fn empty_span_name_is_ignored() {
    let spans = exported(|| {
        let span = info_span!("a", otel.name = "");
        span.record("otel.name", "");
    });
    assert_eq!(spans[0].name, "a");
}

#[test]
fn event_belongs_to_its_explicit_parent() {
    let spans = with(
        |layer| layer.events(Level::INFO),
        || {
            let (a, b) = (info_span!("a"), info_span!("b"));
            b.in_scope(|| {
                info!(parent: &a, "for a");
                info!(parent: None, "for none");
            });
        },
    );
    assert_eq!(named(&spans, "a").events[0].name, "for a");
    assert!(named(&spans, "b").events.is_empty());
}

#[test]
fn spans_of_dependencies_below_info_are_not_exported() {
    let spans = exported(|| {
        server(get("/"), || {
            let own = debug_span!("own");
            let _own = own.enter();
            let skipped = debug_span!(target: "h2::codec", "skipped");
            skipped.in_scope(|| info_span!("inside").in_scope(|| {}));
            let _ = info_span!(target: "hyper", "shown");
        });
    });
    assert_eq!(spans.len(), 4, "{spans:#?}");
    let own = named(&spans, "own").span_id;
    for name in ["inside", "shown"] {
        assert_eq!(named(&spans, name).parent_span_id, Some(own), "{name}");
    }
}

#[test]
fn explicit_parent_that_is_not_exported_is_replaced_by_its_own_parent() {
    let spans = exported(|| {
        let outer = info_span!("outer");
        let skipped = outer.in_scope(|| debug_span!(target: "h2", "skipped"));
        let _ = info_span!(parent: &skipped, "inside");
    });
    let outer = named(&spans, "outer").span_id;
    assert_eq!(named(&spans, "inside").parent_span_id, Some(outer));
}

struct Counting(Arc<AtomicUsize>);

impl Sampler for Counting {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        self.0.fetch_add(1, Ordering::Relaxed);
        AlwaysOn.should_sample(parameters)
    }
}

#[test]
fn roots_that_are_not_exported_skip_the_sampler() {
    let calls = Arc::new(AtomicUsize::new(0));
    let sampler = Counting(calls.clone());
    let spans = with(
        |layer| layer.sampler(sampler),
        || {
            for _ in 0..10 {
                let root = debug_span!(target: "h2", "Connection");
                root.in_scope(|| debug_span!(target: "h2", "poll").in_scope(|| {}));
            }
            let root = debug_span!(target: "h2", "Connection");
            root.in_scope(|| info_span!("own").in_scope(|| {}));
        },
    );
    assert_eq!(spans.len(), 1);
    assert_eq!(named(&spans, "own").parent_span_id, None);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn filter_selects_exported_spans() {
    let filter = SpanFilter::parse("warn, shop=debug").unwrap();
    let spans = with(
        |layer| layer.span_filter(filter),
        || {
            let _ = info_span!("other");
            let _ = debug_span!(target: "shop::cart", "cart");
        },
    );
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].name, "cart");
    let error = SpanFilter::parse("shop[cart]=debug").unwrap_err();
    assert_eq!(error.setting(), SpanFilter::ENV);
}

#[instrument]
fn log_in(password: &str, user: &str) {
    assert_ne!(password, user);
}

#[test]
fn secrets_in_spans_are_redacted() {
    let secret = "s3cret-1";
    let spans = with(
        |layer| layer.events(Level::INFO),
        || {
            log_in(secret, "ann");
            let span = info_span!(
                "query",
                otel.name = "connect postgres://ann:s3cret-1@db/x",
                otel.status_code = "error",
                otel.status_description = "Bearer s3cret-1",
                token = Empty,
                db.url = %"postgres://ann:s3cret-1@db/x",
            );
            span.record("token", secret);
            span.in_scope(|| {
                info!(
                    api_key = secret,
                    header = "Bearer s3cret-1",
                    "Bearer s3cret-1"
                );
                let _ = info_span!("number", pwd = 1234);
            });
            server(get("/"), || {
                set_attribute("db.password", secret);
                set_attribute("note", "Bearer s3cret-1");
            });
        },
    );
    assert!(!format!("{spans:?}").contains(secret), "{spans:#?}");
    let login = &named(&spans, "log_in").attributes;
    assert!(login.contains(&("password".into(), "REDACTED".into())));
    assert!(login.contains(&("user".into(), Value::from("ann"))));
    let number = &named(&spans, "number").attributes;
    assert!(number.contains(&("pwd".into(), "REDACTED".into())));
}

#[test]
fn redaction_of_custom_attributes_is_configurable() {
    let redaction = gusset_trace::Redaction::none().key("iban");
    let spans = Spans::default();
    let builder = TraceObserver::server()
        .sink(spans.clone())
        .redaction(redaction);
    during::<HttpServerClassifier, _>(built(builder), get("/"), || {
        set_attribute("iban", "DE00");
        set_attribute("password", "shown");
    });
    let spans = spans.take();
    let attributes = &spans[0].attributes;
    assert!(attributes.contains(&("iban".into(), "REDACTED".into())));
    assert!(attributes.contains(&("password".into(), "shown".into())));
}
