//! What is recorded, and what is told to others of that.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_core::{CallTracker, Clock, End, Outcome, Stage};
use gusset_http::{Http, HttpClientClassifier, HttpServerClassifier, RequestHead};
use gusset_trace::sample::{
    self, AlwaysOff, AlwaysOn, Decision, Hold, ParentBased, RateLimit, Ratio, Sampler, Sampling,
    Tail,
};
use gusset_trace::{
    ClientLayer, SpanId, Trace, TraceContext, TraceFlags, TraceId, TraceState, current,
    set_attribute,
};
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

fn parent(sampled: bool) -> TraceContext {
    let flags = TraceFlags::new().with_sampled(sampled);
    TraceContext::new(id(7), SpanId::random(), flags)
}

fn samples(sampler: &dyn Sampler, parent: Option<&TraceContext>, id: TraceId) -> bool {
    let sampling = Sampling::new(parent, id, Clock::system().now());
    matches!(sampler.sample(&sampling), Decision::Sample)
}

#[test]
fn a_ratio_goes_by_the_last_seven_bytes_of_the_id() {
    let quarter = Ratio::new(0.25);
    let threshold = (1u64 << 56) / 4 * 3;
    assert!(!samples(&quarter, None, id(threshold - 1)));
    assert!(samples(&quarter, None, id(threshold)));
    // The eighth byte is not random by the specification, and does not count.
    assert!(!samples(&quarter, None, id(0xff << 56 | (threshold - 1))));
    assert!(samples(&Ratio::new(1.0), None, id(1)));
    assert!(!samples(&Ratio::new(0.0), None, id(u64::MAX)));
    assert_eq!(Ratio::new(f64::NAN), Ratio::new(-3.0));
    assert_eq!(Ratio::new(7.0), Ratio::new(1.0));
}

#[test]
fn explicit_randomness_in_the_trace_s_state_counts_for_a_ratio() {
    let with = |state: &'static str| {
        let state = TraceState::from_lines([&HeaderValue::from_static(state)]);
        parent(false).with_state(state)
    };
    let half = Ratio::new(0.5);
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
    fn who_samples_more_samples_the_same_and_more(low: u64, a in 0.0..1.0f64, b in 0.0..1.0f64) {
        let (less, more) = (a.min(b), a.max(b));
        let chosen = |ratio| samples(&Ratio::new(ratio), None, id(low));
        prop_assert!(!chosen(less) || chosen(more));
    }
}

#[test]
fn a_parent_decides_where_it_is_asked_and_nowhere_else() {
    let off = ParentBased::new(AlwaysOff);
    assert!(samples(&off, Some(&parent(true)), id(7)));
    assert!(!samples(&off, None, id(7)));
    let on = ParentBased::new(AlwaysOn);
    assert!(!samples(&on, Some(&parent(false)), id(7)));
    assert!(samples(&AlwaysOn, Some(&parent(false)), id(7)));
    assert!(!samples(&AlwaysOff, Some(&parent(true)), id(7)));
}

#[test]
fn a_rate_is_kept_by_the_clock_of_the_calls() {
    let limit = RateLimit::per_second(NonZeroU32::new(4).unwrap());
    let (clock, hand) = Clock::manual();
    let burst = || {
        let sampling = |_: &i32| {
            let sampling = Sampling::new(None, id(1), clock.now());
            matches!(limit.sample(&sampling), Decision::Sample)
        };
        (0..20).filter(sampling).count()
    };
    assert_eq!(burst(), 4);
    hand.advance(Duration::from_millis(249));
    assert_eq!(burst(), 0);
    hand.advance(Duration::from_millis(1));
    assert_eq!(burst(), 1);
    hand.advance(Duration::from_secs(3600));
    assert_eq!(burst(), 4, "what is not used is not saved up");
}

#[test]
fn the_environment_names_a_sampler_whatever_its_case() {
    let named = |name: &str, arg: &str| {
        let (name, arg) = (name.to_owned(), arg.to_owned());
        sample::from_lookup(move |asked| match asked {
            "OTEL_TRACES_SAMPLER" => Some(name.clone()),
            "OTEL_TRACES_SAMPLER_ARG" => Some(arg.clone()),
            _ => None,
        })
    };
    // Of a root low and high, and below a parent that is not sampled.
    let seen = |name, arg| {
        let sampler = named(name, arg);
        let no = parent(false);
        [
            samples(&*sampler, None, id(0)),
            samples(&*sampler, None, id(u64::MAX)),
            samples(&*sampler, Some(&no), id(u64::MAX)),
        ]
    };
    assert_eq!(seen("", ""), [true, true, false]);
    assert_eq!(seen("ALWAYS_ON", ""), [true; 3]);
    assert_eq!(seen("always_off", ""), [false; 3]);
    assert_eq!(seen("TraceIdRatio", "0.5"), [false, true, true]);
    assert_eq!(seen("parentbased_always_off", ""), [false; 3]);
    assert_eq!(
        seen(" parentbased_traceidratio ", "0.5"),
        [false, true, false]
    );
}

#[test]
fn what_the_environment_says_wrongly_is_warned_of_once_and_ignored() {
    for (name, arg) in [
        ("jaeger_remote", ""),
        ("xray", ""),
        ("sometimes", ""),
        ("parentbased_traceidratio", "half"),
        ("parentbased_traceidratio", "1.5"),
    ] {
        let mut sampler = None;
        let mut events = Vec::new();
        Keeper::during(|keeper| {
            sampler = Some(sample::from_lookup(|asked| match asked {
                "OTEL_TRACES_SAMPLER" => Some(name.to_owned()),
                _ => Some(arg.to_owned()),
            }));
            events = keeper.events();
        });
        let sampler = sampler.unwrap();
        assert_eq!(events.len(), 1, "{name} {arg}: {events:?}");
        assert!(
            samples(&*sampler, None, id(0)) && !samples(&*sampler, Some(&parent(false)), id(0))
        );
    }
}

/// What a client inside of a call sends.
fn sent(trace: Trace, req: Request<()>) -> HeaderMap {
    let client = ClientLayer::new(built(Trace::client())).unwrap();
    let mut sent = HeaderMap::new();
    exchange::<HttpServerClassifier, _>(trace, req, |_| {
        let mut remote = client.layer(Answer(|req: Request<()>| {
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
fn the_flag_that_is_sent_on_is_the_decision_and_all_else_survives() {
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
            fn sample(&self, call: &Sampling<'_>) -> Decision {
                self.0.sample(call)
            }
        }
        let trace = built(Trace::server().sampler(By(sampler)).export(spans.clone()));
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
fn a_debug_trace_that_is_not_sampled_is_not_sent_as_one() {
    let b3 = gusset_trace::Propagators::parse("b3").unwrap();
    let mut req = Request::new(());
    let value = format!("{}-{}-d", "a".repeat(32), "b".repeat(16));
    req.headers_mut().insert("b3", value.parse().unwrap());
    let client = built(Trace::client().propagators(b3.clone()));
    let client = ClientLayer::new(client).unwrap();
    let server = built(Trace::server().propagators(b3).sampler(AlwaysOff));
    exchange::<HttpServerClassifier, _>(server, req, |_| {
        let mut remote = client.layer(Answer(|req: Request<()>| {
            assert!(req.headers()["b3"].to_str().unwrap().ends_with("-0"));
            hello()
        }));
        let Ok(_) = now(remote.call(Request::new(())));
        hello()
    });
}

#[test]
fn a_sampler_is_asked_before_anything_is_put_together_and_knows_the_request() {
    struct ByPath(Arc<Mutex<Vec<String>>>);
    impl Sampler for ByPath {
        fn sample(&self, call: &Sampling<'_>) -> Decision {
            let path = call.request.map(|req| req.uri.path().to_owned());
            self.0
                .lock()
                .unwrap()
                .push(path.clone().unwrap_or_default());
            assert!(call.parent.is_some() && current().is_none());
            match path.as_deref() {
                Some("/livez") => Decision::Drop,
                _ => Decision::Sample,
            }
        }
    }
    let (spans, asked) = (Spans::default(), Arc::default());
    let trace = Trace::server()
        .sampler(ByPath(Arc::clone(&asked)))
        .export(spans.clone());
    let trace = built(trace);
    for path in ["/livez", "/items"] {
        during::<HttpServerClassifier, _>(trace.clone(), get(path), || {
            // A call inside is not asked about: it shares the decision.
            let client = built(Trace::client().sampler(AlwaysOn).export(spans.clone()));
            exchange::<HttpClientClassifier, _>(client, Request::new(()), |_| hello());
        });
    }
    assert_eq!(*asked.lock().unwrap(), ["/livez", "/items"]);
    assert_eq!(spans.take().len(), 2);
}

// === what failed or was slow ===

fn tail(spans: &Spans, tail: Tail<AlwaysOff>) -> Trace {
    built(Trace::server().sampler(tail).export(spans.clone()))
}

#[test]
fn a_call_that_fails_is_exported_whole_though_nobody_sampled_it() {
    let (spans, keep) = (Spans::default(), Tail::new(AlwaysOff));
    for (status, exported) in [(200, 0), (404, 0), (500, 2)] {
        exchange::<HttpServerClassifier, _>(tail(&spans, keep.clone()), get("/"), |_| {
            // Others are not told to wait.
            assert!(!current().unwrap().flags().is_sampled());
            assert_eq!(keep.stats().held, 1);
            set_attribute("kept", true);
            let client = built(Trace::client().export(spans.clone()));
            exchange::<HttpClientClassifier, _>(client, Request::new(()), |_| hello());
            assert!(spans.take().is_empty(), "kept aside until the end");
            with_status(status)
        });
        let all = spans.take();
        assert_eq!(all.len(), exported, "{status}");
        assert_eq!(keep.stats().held, 0);
        if let [client, server] = &all[..] {
            assert_eq!(client.parent_span_id, Some(server.span_id));
            assert_eq!((client.flags & 1, server.flags & 1), (1, 1));
            has(server, &[("kept", "true"), ("error.type", "500")]);
        }
    }
}

#[test]
fn a_call_that_was_slow_is_exported_and_so_are_outcomes_of_one_s_own() {
    let spans = Spans::default();
    let keep = Tail::new(AlwaysOff)
        .outcomes([Outcome::Cancelled])
        .slower_than(Duration::from_secs(1));
    let call = |millis, end: fn() -> End<'static, Http>| {
        let (clock, hand) = Clock::manual();
        let (trace, req) = (tail(&spans, keep.clone()), get("/"));
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
fn what_is_kept_aside_is_bounded_and_what_finds_no_place_is_counted() {
    let (spans, keep) = (Spans::default(), Tail::new(AlwaysOff).at_most(1, 2));
    let trace = tail(&spans, keep.clone());
    exchange::<HttpServerClassifier, _>(trace.clone(), get("/"), |_| {
        let other = tail(&spans, keep.clone());
        exchange::<HttpServerClassifier, _>(other, get("/"), |_| with_status(500));
        assert!(spans.take().is_empty());
        for _ in 0..5 {
            let client = built(Trace::client().export(spans.clone()));
            exchange::<HttpClientClassifier, _>(client, Request::new(()), |_| hello());
        }
        with_status(500)
    });
    assert_eq!(spans.take().len(), 3, "two clients' and its own");
    let stats = keep.stats();
    assert_eq!(
        (stats.held, stats.calls_left_out, stats.spans_left_out),
        (0, 1, 3)
    );
    // Its place is free again, also after a call that was abandoned.
    abandoned(trace);
    assert_eq!(keep.stats().held, 0);
    assert!(spans.take().is_empty());
}

#[test]
fn a_sampler_of_one_s_own_may_keep_calls_aside() {
    struct Named;
    impl Sampler for Named {
        fn sample(&self, _: &Sampling<'_>) -> Decision {
            Decision::Record(Hold::new(8))
        }
        fn keep(&self, ended: &sample::Ended) -> bool {
            ended.error.is_some_and(|error| error.as_str() == "503")
        }
    }
    let spans = Spans::default();
    for (status, count) in [(500, 0), (503, 1)] {
        let trace = built(Trace::server().sampler(Named).export(spans.clone()));
        exchange::<HttpServerClassifier, _>(trace, get("/"), |_| with_status(status));
        assert_eq!(spans.take().len(), count);
    }
}
