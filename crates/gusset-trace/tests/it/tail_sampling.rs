//! Sampling at the end of a call.

use std::time::Duration;

use gusset_core::{CallTracker, Clock, End, Outcome, Stage};
use gusset_http::{Http, HttpClientClassifier, HttpServerClassifier, RequestHead};
use gusset_trace::sampler::{
    AlwaysOff, CallSummary, Sampler, SamplingDecision, SamplingParameters, SpanBuffer, TailSampler,
};
use gusset_trace::{TraceObserver, current_span_context, set_attribute};
use http::Request;

use crate::exported::*;
use crate::support::*;

fn tail(spans: &Spans, tail: TailSampler<AlwaysOff>) -> TraceObserver {
    built(TraceObserver::server().sampler(tail).sink(spans.clone()))
}

#[test]
fn failed_call_is_exported_with_its_children() {
    let (spans, sampler) = (Spans::default(), TailSampler::new(AlwaysOff));
    for (status, exported) in [(200, 0), (404, 0), (500, 2)] {
        exchange::<HttpServerClassifier, _>(tail(&spans, sampler.clone()), get("/"), |_| {
            // Other services receive an unsampled trace.
            assert!(!current_span_context().unwrap().flags().is_sampled());
            assert_eq!(sampler.stats().buffered_calls, 1);
            set_attribute("buffered", true);
            let client = built(TraceObserver::client().sink(spans.clone()));
            exchange::<HttpClientClassifier, _>(client, Request::new(()), |_| hello());
            assert!(spans.take().is_empty(), "buffered until the completion");
            with_status(status)
        });
        let all = spans.take();
        assert_eq!(all.len(), exported, "{status}");
        assert_eq!(sampler.stats().buffered_calls, 0);
        if let [client, server] = &all[..] {
            assert_eq!(client.parent_span_id, Some(server.span_id));
            assert_eq!((client.flags & 1, server.flags & 1), (1, 1));
            has(server, &[("buffered", "true"), ("error.type", "500")]);
        }
    }
}

#[test]
fn slow_calls_and_selected_outcomes_are_exported() {
    let spans = Spans::default();
    let sampler = TailSampler::new(AlwaysOff)
        .outcomes([Outcome::Cancelled])
        .slower_than(Duration::from_secs(1));
    let call = |millis, end: fn() -> End<'static, Http>| {
        let (clock, hand) = Clock::manual();
        let (trace, req) = (tail(&spans, sampler.clone()), get("/"));
        let mut track = CallTracker::<Http, _>::start(&trace, RequestHead::from(&req), clock);
        hand.advance(Duration::from_millis(millis));
        track.end(end());
        spans.take().len()
    };
    assert_eq!(call(999, || End::Complete(None)), 0);
    assert_eq!(call(1000, || End::Complete(None)), 1);
    assert_eq!(call(1, || End::Cancelled(Stage::Headers)), 1);
    assert_eq!(call(1, || End::Panicked(Stage::Headers)), 0);
}

#[test]
fn buffers_are_bounded_and_drops_are_counted() {
    let (spans, sampler) = (
        Spans::default(),
        TailSampler::new(AlwaysOff).buffer_limits(1, 2),
    );
    let trace = tail(&spans, sampler.clone());
    exchange::<HttpServerClassifier, _>(trace.clone(), get("/"), |_| {
        let other = tail(&spans, sampler.clone());
        exchange::<HttpServerClassifier, _>(other, get("/"), |_| with_status(500));
        assert!(spans.take().is_empty());
        for _ in 0..5 {
            let client = built(TraceObserver::client().sink(spans.clone()));
            exchange::<HttpClientClassifier, _>(client, Request::new(()), |_| hello());
        }
        with_status(500)
    });
    assert_eq!(spans.take().len(), 3, "two client spans and its own");
    let stats = sampler.stats();
    assert_eq!(
        (
            stats.buffered_calls,
            stats.dropped_calls,
            stats.dropped_spans
        ),
        (0, 1, 3)
    );
    // The buffer is released, also after a cancelled call.
    cancelled_call(trace);
    assert_eq!(sampler.stats().buffered_calls, 0);
    assert!(spans.take().is_empty());
}

#[test]
fn custom_sampler_may_buffer_calls() {
    struct Custom;
    impl Sampler for Custom {
        fn should_sample(&self, _: &SamplingParameters<'_>) -> SamplingDecision {
            SamplingDecision::RecordOnly(SpanBuffer::new(8))
        }
        fn should_export(&self, summary: &CallSummary) -> bool {
            summary.error.is_some_and(|error| error.as_str() == "503")
        }
    }
    let spans = Spans::default();
    for (status, count) in [(500, 0), (503, 1)] {
        let trace = built(TraceObserver::server().sampler(Custom).sink(spans.clone()));
        exchange::<HttpServerClassifier, _>(trace, get("/"), |_| with_status(status));
        assert_eq!(spans.take().len(), count);
    }
}
