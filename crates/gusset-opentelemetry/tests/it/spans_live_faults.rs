//! Tracers that are shut down, panic or make calls of their own.

use std::sync::{Arc, Mutex};

use gusset_trace::TraceObserver;
use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use crate::spans_live::*;
use crate::spans_support::*;
use crate::support::built;

#[test]
fn calls_are_served_after_the_shutdown() {
    let (provider, recorder) = provider(|builder| builder);
    let trace = server(&provider);
    provider.shutdown().unwrap();
    let sent = serve(trace, continued("/"), traceparent);
    assert!(sent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
    assert!(sent.ends_with("-00") && !sent.contains("b7ad6b7169203331"));
    recorder.with(|recorded| assert!(recorded.ended.is_empty()));
}

/// Panics as a sampler, at the start of spans or at their end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum PanicAt {
    Sampling,
    Start,
    End,
}

impl ShouldSample for PanicAt {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        assert_ne!(*self, Self::Sampling, "on purpose");
        SamplingResult {
            decision: SamplingDecision::RecordAndSample,
            attributes: Vec::new(),
            trace_state: Default::default(),
        }
    }
}

impl opentelemetry_sdk::trace::SpanProcessor for PanicAt {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &Context) {
        assert_ne!(*self, Self::Start, "on purpose");
    }
    fn on_end(&self, _: opentelemetry_sdk::trace::SpanData) {
        assert_ne!(*self, Self::End, "on purpose");
    }
    fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(
        &self,
        _: std::time::Duration,
    ) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}

#[test]
fn panics_are_contained_and_counted() {
    for at in [PanicAt::Sampling, PanicAt::Start, PanicAt::End] {
        let (provider, _recorder) =
            provider(|builder| builder.with_sampler(at).with_span_processor(at));
        let trace = server(&provider);
        for _ in 0..2 {
            assert_eq!(serve(trace.clone(), get("/"), || 7), 7);
        }
        assert_eq!(trace.sink_panics(), 2, "{at:?}");
    }
}

/// A processor that makes a call with a traced client at each start.
#[derive(Debug)]
struct Calling(Arc<Mutex<Option<TraceObserver>>>);

impl opentelemetry_sdk::trace::SpanProcessor for Calling {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &Context) {
        let client = self.0.lock().unwrap().clone().unwrap();
        request(client, get("http://names/"), || ());
    }
    fn on_end(&self, _: opentelemetry_sdk::trace::SpanData) {}
    fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(
        &self,
        _: std::time::Duration,
    ) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}

#[test]
fn call_of_a_processor_has_no_span() {
    let client = Arc::<Mutex<Option<TraceObserver>>>::default();
    let (provider, recorder) =
        provider(|builder| builder.with_span_processor(Calling(client.clone())));
    *client.lock().unwrap() = Some(built(TraceObserver::client().live(live(&provider))));
    serve(server(&provider), get("/"), || ());
    assert_eq!(recorder.only().span_kind, SpanKind::Server);
}
