//! Spans of tasks, and of threads.

use gusset_core::SpanIds;
use gusset_http::{HttpClientClassifier, HttpServerClassifier};
use gusset_trace::sampler::AlwaysOff;
use gusset_trace::{SpanLayer, TraceObserver, current_span_context, with_current_context};
use http::Request;
use tracing::{Instrument as _, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::exported::*;
use crate::subscriber::{exported, exported_with_and_without_filter, named, server, with};
use crate::support::*;

#[test]
fn task_in_an_unrecorded_span_starts_no_trace() {
    let mut tasks = Vec::new();
    let spans = exported(|| {
        let trace = built(TraceObserver::server().sampler(AlwaysOff));
        during::<HttpServerClassifier, _>(trace, get("/"), || {
            let work = || async { info_span!("late").in_scope(|| {}) };
            tasks.push(Box::pin(work().in_current_span()));
            info_span!("own").in_scope(|| tasks.push(Box::pin(work().in_current_span())));
        });
        tasks.drain(..).for_each(now);
    });
    assert!(spans.is_empty(), "{spans:#?}");
}

#[test]
fn spawned_task_does_not_delay_its_call() {
    let spans = with(
        |layer| layer,
        |spans| {
            let mut task = None;
            server(get("/"), || {
                let late = async {
                    info_span!("late").in_scope(|| {});
                    current_span_context().unwrap().span_id().to_bytes()
                };
                task = Some(late.in_current_span());
            });
            let call = spans.only();
            assert_eq!(call.name, "GET");
            assert_eq!(now(task.unwrap()), call.span_id);
            assert_eq!(spans.only().parent_span_id, Some(call.span_id));
            assert_eq!(SpanIds::current(), None);
        },
    );
    assert!(spans.is_empty(), "the span of the call is exported once");
}

#[test]
fn task_with_context_is_a_child() {
    let spans = exported_with_and_without_filter(|| {
        let mut task = None;
        server(get("/"), || {
            let own = info_span!("own");
            own.in_scope(|| {
                task = Some(with_current_context(async {
                    info_span!("late").in_scope(|| {});
                    let client = built(TraceObserver::client());
                    exchange::<HttpClientClassifier, _>(
                        client,
                        Request::post("/").body(()).unwrap(),
                        |_| hello(),
                    );
                }));
            });
        });
        now(task.take().unwrap());
    });
    let own = named(&spans, "own").span_id;
    assert_eq!(named(&spans, "late").parent_span_id, Some(own));
    assert_eq!(named(&spans, "POST").parent_span_id, Some(own));
}

#[test]
fn span_may_end_on_another_thread() {
    let spans = Spans::default();
    let subscriber = Registry::default().with(SpanLayer::new(spans.clone()));
    let dispatch = tracing::Dispatch::new(subscriber);
    let span = gusset_testkit::with_subscriber(dispatch.clone(), || info_span!("far", by = "one"));
    let thread =
        std::thread::spawn(move || span.in_scope(|| SpanIds::current().unwrap().span_id()));
    let seen = thread.join().unwrap();
    assert_eq!(spans.only().span_id, seen);
}
