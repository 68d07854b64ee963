//! Samplers by route and status, and one that is replaced at run time.

use std::num::NonZeroU32;
use std::time::Duration;

use gusset_core::Clock;
use gusset_http::{HttpServerClassifier, RequestHead, Route};
use gusset_propagation::TraceId;
use gusset_trace::TraceObserver;
use gusset_trace::sampler::{
    AlwaysOff, AlwaysOn, ByRoute, RareFirst, ReplaceableSampler, Sampler, SamplingDecision,
    SamplingParameters, TailSampler,
};
use http::{Method, Request};

use crate::exported::*;
use crate::support::*;

fn request(method: Method, path: &str, route: Option<&'static str>) -> Request<()> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .body(())
        .unwrap();
    if let Some(route) = route {
        request.extensions_mut().insert(Route::new(route));
    }
    request
}

/// Returns whether a sampler samples a request this long after the start of the clock.
fn samples(sampler: &dyn Sampler, request: Option<&Request<()>>, clock: &Clock) -> bool {
    let mut parameters = SamplingParameters::new(None, TraceId::random(), clock.now());
    parameters.request = request.map(RequestHead::from);
    matches!(
        sampler.should_sample(&parameters),
        SamplingDecision::RecordAndSample
    )
}

#[test]
fn first_rule_of_route_or_path_decides() {
    let clock = Clock::system();
    let rules = ByRoute::new(AlwaysOff)
        .route("/internal/debug", AlwaysOn)
        .route("/internal/*", AlwaysOff)
        .route("POST /orders", AlwaysOn)
        .route("/users/{id}", AlwaysOn)
        .route("/*", AlwaysOff);
    for (method, path, route, expected) in [
        (Method::GET, "/internal/debug", None, true),
        (Method::GET, "/internal/other", None, false),
        (Method::POST, "/orders", None, true),
        (Method::GET, "/orders", None, false),
        (Method::POST, "/orders/1", None, false),
        (Method::GET, "/users/7", Some("/users/{id}"), true),
        (Method::GET, "/users/{id}", Some("/other"), false),
    ] {
        let request = request(method, path, route);
        assert_eq!(
            samples(&rules, Some(&request), &clock),
            expected,
            "{request:?}"
        );
    }
    assert!(
        !samples(&rules, None, &clock),
        "the default for what is not a request"
    );
}

#[test]
fn rules_see_the_route_of_a_call() {
    let spans = Spans::default();
    let rules = ByRoute::new(AlwaysOff).route("/users/{id}", AlwaysOn);
    for (route, exported) in [("/users/{id}", 1), ("/items/{id}", 0)] {
        let trace = built(
            TraceObserver::server()
                .sampler(rules.clone())
                .sink(spans.clone()),
        );
        let request = request(Method::GET, "/users/7", Some(route));
        exchange::<HttpServerClassifier, _>(trace, request, |_| hello());
        assert_eq!(spans.take().len(), exported, "{route}");
    }
}

#[test]
fn selected_statuses_are_exported_at_the_end() {
    let spans = Spans::default();
    let tail = TailSampler::new(AlwaysOff).statuses([404..=404, 429..=431]);
    for (status, exported) in [(200, 0), (403, 0), (404, 1), (430, 1), (432, 0), (500, 1)] {
        let trace = built(
            TraceObserver::server()
                .sampler(tail.clone())
                .sink(spans.clone()),
        );
        exchange::<HttpServerClassifier, _>(trace, get("/"), |_| with_status(status));
        assert_eq!(spans.take().len(), exported, "{status}");
    }
}

#[test]
fn rare_routes_are_sampled_beside_frequent_ones() {
    let (clock, hand) = Clock::manual();
    let sampler = RareFirst::per_second(NonZeroU32::MIN);
    let count = |request: &Request<()>, calls: usize| {
        (0..calls)
            .filter(|_| samples(&sampler, Some(request), &clock))
            .count()
    };
    let frequent = request(Method::GET, "/a", Some("/frequent"));
    let rare = request(Method::GET, "/b", Some("/rare"));
    assert_eq!(count(&frequent, 1000), 1);
    assert_eq!(count(&rare, 1), 1);
    let other_method = request(Method::POST, "/b", Some("/rare"));
    assert_eq!(count(&other_method, 1), 1);
    // The paths of a scanner are one group.
    let scanned: usize = (0..100)
        .map(|path| count(&request(Method::GET, &format!("/{path}"), None), 1))
        .sum();
    assert_eq!(scanned, 1);
    assert!(
        samples(&sampler, None, &clock),
        "spans that are not of a request"
    );
    hand.advance(Duration::from_secs(1));
    assert_eq!(count(&frequent, 1000), 1);
}

#[test]
fn replaced_sampler_reverts_after_its_time() {
    let sampler = ReplaceableSampler::new(AlwaysOff);
    let in_seconds = |seconds| {
        let now = Clock::system().now() + Duration::from_secs(seconds);
        let parameters = SamplingParameters::new(None, TraceId::random(), now);
        matches!(
            sampler.should_sample(&parameters),
            SamplingDecision::RecordAndSample
        )
    };
    assert!(!in_seconds(0));
    sampler.replace_temporarily(AlwaysOn, Duration::from_secs(600));
    assert!(sampler.is_replaced());
    assert_eq!(
        (in_seconds(0), in_seconds(590), in_seconds(601)),
        (true, true, false)
    );
    sampler.replace(AlwaysOn);
    assert!(in_seconds(601));
    sampler.revert();
    assert!(!sampler.is_replaced() && !in_seconds(0));
    sampler.replace_temporarily(AlwaysOn, Duration::ZERO);
    assert!(!sampler.is_replaced() && !in_seconds(0));
    sampler.replace_temporarily(AlwaysOn, Duration::MAX);
    assert!(in_seconds(601));
}

#[test]
fn call_that_was_buffered_before_a_replacement_is_exported() {
    let spans = Spans::default();
    let sampler = ReplaceableSampler::new(TailSampler::new(AlwaysOff));
    let trace = built(
        TraceObserver::server()
            .sampler(sampler.clone())
            .sink(spans.clone()),
    );
    exchange::<HttpServerClassifier, _>(trace, get("/"), |_| {
        sampler.replace(AlwaysOff);
        with_status(500)
    });
    assert_eq!(spans.take().len(), 1);
}
