//! Sampling, and the flag that is propagated.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_core::{Clock, Env};
use gusset_http::{HttpClientClassifier, HttpServerClassifier};
use gusset_propagation::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use gusset_trace::sampler::{
    self, AlwaysOff, AlwaysOn, ParentBased, RateLimited, Sampler, SamplingDecision,
    SamplingParameters, TraceIdRatio,
};
use gusset_trace::{ClientLayer, TraceObserver, current_span_context};
use http::{HeaderMap, HeaderValue, Request};
use proptest::prelude::*;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::exported::*;
use crate::service::VALID;
use crate::support::*;

fn id(low: u64) -> TraceId {
    TraceId::from_bytes((1u128 << 64 | u128::from(low)).to_be_bytes()).unwrap()
}

fn parent(sampled: bool) -> SpanContext {
    let flags = TraceFlags::new().with_sampled(sampled);
    SpanContext::new(id(7), SpanId::random(), flags)
}

fn samples(sampler: &dyn Sampler, parent: Option<&SpanContext>, id: TraceId) -> bool {
    let sampling = SamplingParameters::new(parent, id, Clock::system().now());
    matches!(
        sampler.should_sample(&sampling),
        SamplingDecision::RecordAndSample
    )
}

#[test]
fn ratio_uses_the_last_seven_bytes() {
    let quarter = TraceIdRatio::new(0.25);
    let threshold = (1u64 << 56) / 4 * 3;
    assert!(!samples(&quarter, None, id(threshold - 1)));
    assert!(samples(&quarter, None, id(threshold)));
    // The eighth byte from the end is not part of the randomness.
    assert!(!samples(&quarter, None, id(0xff << 56 | (threshold - 1))));
    assert!(samples(&TraceIdRatio::new(1.0), None, id(1)));
    assert!(!samples(&TraceIdRatio::new(0.0), None, id(u64::MAX)));
    assert_eq!(TraceIdRatio::new(f64::NAN), TraceIdRatio::new(-3.0));
    assert_eq!(TraceIdRatio::new(7.0), TraceIdRatio::new(1.0));
}

#[test]
fn ratio_uses_explicit_randomness() {
    let with = |state: &'static str| {
        let state = TraceState::from_header_values([&HeaderValue::from_static(state)]);
        parent(false).with_state(state)
    };
    let half = TraceIdRatio::new(0.5);
    assert!(samples(
        &half,
        Some(&with("ot=th:0;rv:80000000000000")),
        id(0)
    ));
    assert!(!samples(
        &half,
        Some(&with("ot=rv:7fffffffffffff")),
        id(u64::MAX)
    ));
    for bad in ["ot=rv:8", "ot=rv:8000000000000g", "other=rv:80000000000000"] {
        assert!(!samples(&half, Some(&with(bad)), id(0)), "{bad}");
    }
}

proptest! {
    #[test]
    fn higher_ratio_samples_a_superset(low: u64, a in 0.0..1.0f64, b in 0.0..1.0f64) {
        let (less, more) = (a.min(b), a.max(b));
        let chosen = |ratio| samples(&TraceIdRatio::new(ratio), None, id(low));
        prop_assert!(!chosen(less) || chosen(more));
    }
}

#[test]
fn only_parent_based_follows_the_parent() {
    let off = ParentBased::new(AlwaysOff);
    assert!(samples(&off, Some(&parent(true)), id(7)));
    assert!(!samples(&off, None, id(7)));
    let on = ParentBased::new(AlwaysOn);
    assert!(!samples(&on, Some(&parent(false)), id(7)));
    assert!(samples(&AlwaysOn, Some(&parent(false)), id(7)));
    assert!(!samples(&AlwaysOff, Some(&parent(true)), id(7)));
}

#[test]
fn rate_follows_the_clock_of_calls() {
    let limit = RateLimited::per_second(NonZeroU32::new(4).unwrap());
    let (clock, hand) = Clock::manual();
    let burst = || {
        let sampling = |_: &i32| {
            let sampling = SamplingParameters::new(None, id(1), clock.now());
            matches!(
                limit.should_sample(&sampling),
                SamplingDecision::RecordAndSample
            )
        };
        (0..20).filter(sampling).count()
    };
    assert_eq!(burst(), 4);
    hand.advance(Duration::from_millis(249));
    assert_eq!(burst(), 0);
    hand.advance(Duration::from_millis(1));
    assert_eq!(burst(), 1);
    hand.advance(Duration::from_secs(3600));
    assert_eq!(burst(), 4, "at most one second is saved for bursts");
}

#[test]
fn environment_selects_the_sampler() {
    let named = |name: &str, arg: &str| {
        let (name, arg) = (name.to_owned(), arg.to_owned());
        sampler::from_env(Env::from_fn(&|variable| match variable {
            "OTEL_TRACES_SAMPLER" => Some(name.clone()),
            "OTEL_TRACES_SAMPLER_ARG" => Some(arg.clone()),
            _ => None,
        }))
    };
    // A root with a low and a high id, and a child of an unsampled parent.
    let decisions = |name, arg| {
        let sampler = named(name, arg);
        let no = parent(false);
        [
            samples(&*sampler, None, id(0)),
            samples(&*sampler, None, id(u64::MAX)),
            samples(&*sampler, Some(&no), id(u64::MAX)),
        ]
    };
    assert_eq!(decisions("", ""), [true, true, false]);
    assert_eq!(decisions("ALWAYS_ON", ""), [true; 3]);
    assert_eq!(decisions("always_off", ""), [false; 3]);
    assert_eq!(decisions("TraceIdRatio", "0.5"), [false, true, true]);
    assert_eq!(decisions("parentbased_always_off", ""), [false; 3]);
    assert_eq!(
        decisions(" parentbased_traceidratio ", "0.5"),
        [false, true, false]
    );
}

#[test]
fn invalid_environment_is_ignored_with_a_warning() {
    for (name, arg) in [
        ("jaeger_remote", ""),
        ("xray", ""),
        ("sometimes", ""),
        ("parentbased_traceidratio", "half"),
        ("parentbased_traceidratio", "1.5"),
    ] {
        let mut sampler = None;
        let mut events = Vec::new();
        SpanRecorder::during(|recorder| {
            sampler = Some(sampler::from_env(Env::from_fn(
                &|variable| match variable {
                    "OTEL_TRACES_SAMPLER" => Some(name.to_owned()),
                    _ => Some(arg.to_owned()),
                },
            )));
            events = recorder.events();
        });
        let sampler = sampler.unwrap();
        assert_eq!(events.len(), 1, "{name} {arg}: {events:?}");
        assert!(
            samples(&*sampler, None, id(0)) && !samples(&*sampler, Some(&parent(false)), id(0))
        );
    }
}

/// Returns the headers that a client inside of a call sends.
fn sent(trace: TraceObserver, req: Request<()>) -> HeaderMap {
    let client = ClientLayer::new(built(TraceObserver::client())).unwrap();
    let mut sent = HeaderMap::new();
    exchange::<HttpServerClassifier, _>(trace, req, |_| {
        let mut remote = client.layer(Respond(|req: Request<()>| {
            sent = req.headers().clone();
            hello()
        }));
        let Ok(res) = now(remote.call(Request::new(())));
        drain(res.into_body());
        hello()
    });
    sent
}

#[test]
fn propagated_flag_is_the_decision() {
    let spans = Spans::default();
    for (sampler, arriving, leaving) in [
        (&AlwaysOff as &'static dyn Sampler, "03", "02"),
        (&AlwaysOn, "02", "03"),
        (&AlwaysOff, "01", "00"),
    ] {
        let mut req = get("/");
        let parent = VALID.replace("-01", &format!("-{arriving}"));
        req.headers_mut()
            .insert("traceparent", parent.parse().unwrap());
        req.headers_mut()
            .insert("tracestate", HeaderValue::from_static("foo=1"));
        struct By(&'static dyn Sampler);
        impl Sampler for By {
            fn should_sample(&self, call: &SamplingParameters<'_>) -> SamplingDecision {
                self.0.should_sample(call)
            }
        }
        let trace = built(
            TraceObserver::server()
                .sampler(By(sampler))
                .sink(spans.clone()),
        );
        let sent = sent(trace, req);
        let traceparent = sent["traceparent"].to_str().unwrap();
        assert_eq!(&traceparent[..35], &VALID[..35]);
        assert_eq!(&traceparent[53..], leaving);
        assert_eq!(sent["tracestate"], "foo=1");
        assert_eq!(
            spans.take().len(),
            usize::from(leaving.ends_with(['1', '3'])) * 2
        );
    }
}

#[test]
fn unsampled_debug_trace_is_not_propagated() {
    let b3 = gusset_propagation::Propagators::parse("b3").unwrap();
    let mut req = Request::new(());
    let value = format!("{}-{}-d", "a".repeat(32), "b".repeat(16));
    req.headers_mut().insert("b3", value.parse().unwrap());
    let client = built(TraceObserver::client().propagators(b3.clone()));
    let client = ClientLayer::new(client).unwrap();
    let server = built(TraceObserver::server().propagators(b3).sampler(AlwaysOff));
    exchange::<HttpServerClassifier, _>(server, req, |_| {
        let mut remote = client.layer(Respond(|req: Request<()>| {
            assert!(req.headers()["b3"].to_str().unwrap().ends_with("-0"));
            hello()
        }));
        let Ok(_) = now(remote.call(Request::new(())));
        hello()
    });
}

#[test]
fn sampler_runs_first_and_sees_the_request() {
    struct ByPath(Arc<Mutex<Vec<String>>>);
    impl Sampler for ByPath {
        fn should_sample(&self, call: &SamplingParameters<'_>) -> SamplingDecision {
            let path = call.request.map(|req| req.uri.path().to_owned());
            self.0
                .lock()
                .unwrap()
                .push(path.clone().unwrap_or_default());
            assert!(call.parent.is_some() && current_span_context().is_none());
            match path.as_deref() {
                Some("/livez") => SamplingDecision::Drop,
                _ => SamplingDecision::RecordAndSample,
            }
        }
    }
    let (spans, paths) = (Spans::default(), Arc::default());
    let trace = TraceObserver::server()
        .sampler(ByPath(Arc::clone(&paths)))
        .sink(spans.clone());
    let trace = built(trace);
    for path in ["/livez", "/items"] {
        during::<HttpServerClassifier, _>(trace.clone(), get(path), || {
            // A client call inside shares the decision.
            let client = built(
                TraceObserver::client()
                    .sampler(AlwaysOn)
                    .sink(spans.clone()),
            );
            exchange::<HttpClientClassifier, _>(client, Request::new(()), |_| hello());
        });
    }
    assert_eq!(*paths.lock().unwrap(), ["/livez", "/items"]);
    assert_eq!(spans.take().len(), 2);
}

#[test]
#[cfg(feature = "b3")]
fn b3_decision_without_ids_is_honoured() {
    for (decision, expected) in [("0", 0), ("1", 1), ("d", 1)] {
        let spans = Spans::default();
        let propagators = gusset_propagation::Propagators::parse("b3").unwrap();
        let builder = TraceObserver::server().propagators(propagators);
        let req = Request::get("/").header("b3", decision).body(()).unwrap();
        during::<HttpServerClassifier, _>(built(builder.sink(spans.clone())), req, || {});
        assert_eq!(spans.take().len(), expected, "{decision}");
    }
}
