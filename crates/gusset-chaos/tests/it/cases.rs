//! The cases in which injectors of faults have failed, as issues of Envoy, Chaos Monkey, Simmy and others describe them.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use gusset_chaos::{Chaos, Delay, Fault, FaultKind, Injected, Limits, Rule, RuleSet, StopReason};
use gusset_core::ObserveLayer;
use gusset_http::{Http, Route};
use gusset_testkit::RecordingObserver;
use http::Request;
use http_body::Body as _;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::support::*;

const SECOND: Duration = Duration::from_secs(1);

fn down() -> Rule {
    Rule::new("down").fault(Fault::Status { status: 503 })
}

#[tokio::test]
async fn disarmed_layer_passes_calls_on() {
    let chaos = chaos([down()]);
    let hello = Hello::default();
    let mut service = chaos.http_server().layer(hello.clone());
    let response = call(&mut service, get("/a")).await.unwrap();
    assert_eq!(hello.count(), 1);
    let expected = self::hello();
    assert_eq!(response.headers(), expected.headers());
    assert!(response.extensions().get::<Injected>().is_none());
    assert_eq!(
        response.body().size_hint().exact(),
        expected.body().size_hint().exact()
    );
    let body = read(response.into_body()).await;
    assert_eq!(
        (body.text.as_str(), body.has_trailers),
        ("hello, world", true)
    );
    // No rule has counted or drawn anything.
    assert!(chaos.replay_log().decisions.is_empty() && chaos.status().rules.is_empty());
}

#[tokio::test]
async fn shares_of_none_and_of_all_are_exact() {
    for (share, expected) in [(0, 0), (1_000_000, 5000)] {
        let chaos = armed([down().share_ppm(share)]);
        let mut service = chaos.http_server().layer(Hello::default());
        for _ in 0..5000 {
            call(&mut service, get("/a")).await.unwrap();
        }
        assert_eq!(chaos.status().rules[0].injected, expected);
    }
}

/// Envoy decided about the delay and the abort one after the other, and a half became three quarters.
#[tokio::test(start_paused = true)]
async fn delay_and_fault_of_a_half_each_are_independent() {
    let delay = Delay::fixed(Duration::from_millis(1)).share_ppm(500_000);
    let chaos = armed([down().delay(delay).fault_share_ppm(500_000)]);
    let mut service = chaos.http_server().layer(Hello::default());
    let (mut delayed, mut failed, mut both) = (0_u32, 0_u32, 0_u32);
    for _ in 0..4000 {
        let response = call(&mut service, get("/a")).await.unwrap();
        let faults = response
            .extensions()
            .get()
            .map_or(&[][..], Injected::faults);
        let is_delayed = faults.contains(&FaultKind::Latency);
        let is_failed = faults.contains(&FaultKind::Status);
        delayed += u32::from(is_delayed);
        failed += u32::from(is_failed);
        both += u32::from(is_delayed && is_failed);
        assert_eq!(response.status() == 503, is_failed);
    }
    // Five standard deviations; the seed is fixed, so the result is too.
    assert!(delayed.abs_diff(2000) < 160, "{delayed}");
    assert!(failed.abs_diff(2000) < 160, "{failed}");
    assert!(both.abs_diff(1000) < 140, "{both}");
}

#[tokio::test(start_paused = true)]
async fn disconnect_during_a_delay_returns_its_place() {
    let recorded = Recorded::new();
    let rules = [Rule::new("slow").delay(Delay::fixed(SECOND))];
    let builder = builder(rules).metrics(recorded.recorder.clone());
    let chaos = builder.build_with(|_| None).unwrap();
    chaos.arm(arming()).unwrap();
    let mut service = chaos.http_server().layer(Hello::default());
    let mut future = Box::pin(service.call(get("/a")));
    assert!(poll_once(future.as_mut()).is_pending());
    assert_eq!(chaos.status().active, 1);
    assert_eq!(
        recorded.read("gusset.chaos.active_faults", &["slow", "latency"]),
        1.0
    );
    drop(future);
    assert_eq!(chaos.status().active, 0);
    assert_eq!(
        recorded.read("gusset.chaos.active_faults", &["slow", "latency"]),
        -1.0,
        "the change since it was read"
    );
}

#[tokio::test(start_paused = true)]
async fn call_over_the_most_active_faults_is_served_and_counted() {
    let recorded = Recorded::new();
    let rules = [Rule::new("slow").delay(Delay::fixed(SECOND))];
    let builder = builder(rules).limits(Limits::new().max_active(2));
    let chaos = builder
        .metrics(recorded.recorder.clone())
        .build_with(|_| None)
        .unwrap();
    chaos.arm(arming()).unwrap();
    let mut service = chaos.http_server().layer(Hello::default());
    let (first, second) = (service.call(get("/a")), service.call(get("/a")));
    let response = now(service.call(get("/a"))).unwrap();
    assert!(response.extensions().get::<Injected>().is_none());
    let skipped = recorded.read(
        "gusset.chaos.skipped_calls",
        &["slow", "latency", "max_active"],
    );
    assert_eq!(skipped, 1.0);
    drop((first, second));
    assert!(
        poll_once(std::pin::pin!(service.call(get("/a")))).is_pending(),
        "a place is free"
    );
}

#[tokio::test(start_paused = true)]
async fn disarming_releases_a_delay_at_once() {
    let rule = Rule::new("slow").delay(Delay::fixed(SECOND * 100));
    let chaos = armed([rule.fault(Fault::Status { status: 503 })]);
    let mut service = chaos.http_server().layer(Hello::default());
    let call = tokio::spawn(service.call(get("/a")));
    let started = tokio::time::Instant::now();
    tokio::time::sleep(SECOND).await;
    chaos.disarm();
    let response = call.await.unwrap().unwrap();
    assert_eq!(started.elapsed(), SECOND);
    assert_eq!(
        response.status(),
        200,
        "what was to follow the delay is left out"
    );
}

#[tokio::test(start_paused = true)]
async fn delay_can_be_finished_after_disarming() {
    let rule = Rule::new("slow").delay(Delay::fixed(SECOND * 3));
    let chaos = armed([rule.on_disarm(gusset_chaos::OnDisarm::Finish)]);
    let mut service = chaos.http_server().layer(Hello::default());
    let call = tokio::spawn(service.call(get("/a")));
    let started = tokio::time::Instant::now();
    tokio::time::sleep(SECOND).await;
    chaos.disarm();
    assert!(call.await.unwrap().is_ok());
    assert_eq!(started.elapsed(), SECOND * 3);
}

#[tokio::test]
async fn grpc_status_is_a_response_of_trailers_only() {
    let fault = Fault::GrpcStatus {
        code: 14,
        message: "100 % on purpose: ä".to_owned(),
    };
    let chaos = armed([Rule::new("down").fault(fault)]);
    let mut service = chaos.grpc_server().layer(Hello::default());
    let response = call(&mut service, get("/shop.Stock/Reserve"))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "application/grpc");
    assert_eq!(headers["grpc-status"], "14");
    assert_eq!(headers["grpc-message"], "100 %25 on purpose: %C3%A4");
    assert!(response.body().is_end_stream());
    let body = read(response.into_body()).await;
    assert_eq!(
        (body.text.as_str(), body.has_trailers, body.error),
        ("", false, None)
    );
}

#[tokio::test]
async fn observers_outside_see_an_injected_fault_as_a_real_one() {
    let chaos = armed([down()]);
    let observer = RecordingObserver::new();
    let layer = ObserveLayer::<Http, _>::new(observer.clone());
    let mut service = layer.layer(chaos.http_server().layer(Hello::default()));
    let response = call(&mut service, get("/a")).await.unwrap();
    drop(response);
    let calls = observer.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].outcome, gusset_core::Outcome::ServerError);
}

#[tokio::test]
async fn excluded_paths_are_never_hit() {
    let builder = builder([down()]).exclude_paths(["/internal/*"]);
    let chaos = builder.build_with(|_| None).unwrap();
    chaos.arm(arming()).unwrap();
    let status = async |path: &'static str| {
        let mut service = chaos.http_server().layer(Hello::default());
        call(&mut service, get(path)).await.unwrap().status()
    };
    for path in [
        "/livez",
        "/readyz",
        "/metrics",
        "/chaos/rules",
        "/internal/a",
    ] {
        assert_eq!(status(path).await, 200, "{path}");
    }
    assert_eq!(status("/grpc.health.v1.Health/Check").await, 200);
    assert_eq!(status("/a").await, 503);
    // Also for a client that forwards a request.
    let mut client = chaos.http_client().layer(Hello::default());
    assert_eq!(
        call(&mut client, get("/livez")).await.unwrap().status(),
        200
    );
}

#[tokio::test(start_paused = true)]
async fn arming_ends_by_its_time_limit() {
    let recorded = Recorded::new();
    let builder = builder([down()]).metrics(recorded.recorder.clone());
    let chaos = builder.build_with(|_| None).unwrap();
    chaos.arm(arming()).unwrap();
    assert_eq!(chaos.status().remaining, Some(TIME_LIMIT));
    assert_eq!(recorded.read("gusset.chaos.armed", &[]), 1.0);
    tokio::time::sleep(TIME_LIMIT - SECOND).await;
    assert!(chaos.status().armed);
    tokio::time::sleep(SECOND * 2).await;
    // Without a call, and before the status is read.
    assert_eq!(recorded.read("gusset.chaos.armed", &[]), 0.0);
    let status = chaos.status();
    assert_eq!(
        (status.armed, status.stopped),
        (false, Some(StopReason::Expired))
    );
    let mut service = chaos.http_server().layer(Hello::default());
    assert_eq!(call(&mut service, get("/a")).await.unwrap().status(), 200);
}

#[test]
fn arming_ends_by_its_time_limit_without_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let chaos = armed([down()]);
    let paused = { runtime }
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    paused.block_on(async {
        let mut service = chaos.http_server().layer(Hello::default());
        assert_eq!(call(&mut service, get("/a")).await.unwrap().status(), 503);
        tokio::time::advance(TIME_LIMIT).await;
        assert_eq!(call(&mut service, get("/a")).await.unwrap().status(), 200);
    });
    assert_eq!(chaos.status().stopped, Some(StopReason::Expired));
}

#[test]
fn injected_panic_passes_the_guards_of_outer_layers() {
    let chaos = armed([Rule::new("bug").fault(Fault::Panic)]);
    let observer = RecordingObserver::new();
    let layer = ObserveLayer::<Http, _>::new(observer.clone());
    let mut service = layer.layer(chaos.http_server().layer(Hello::default()));
    let future = service.call(get("/a"));
    assert!(catch_unwind(AssertUnwindSafe(|| now(future))).is_err());
    let calls = observer.calls();
    assert_eq!(calls.len(), 1, "the call has an end");
    assert_eq!(chaos.status().active, 0);
}

#[tokio::test(start_paused = true)]
async fn stacked_layers_inject_once() {
    let rule = || Rule::new("slow").delay(Delay::fixed(SECOND));
    for (rule, seconds) in [(rule(), 1), (rule().every_layer(), 2)] {
        let chaos = armed([rule]);
        let inner = chaos.http_server().layer(Hello::default());
        let mut service = chaos.http_server().layer(inner);
        let started = tokio::time::Instant::now();
        call(&mut service, get("/a")).await.unwrap();
        assert_eq!(started.elapsed(), SECOND * seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn forwarded_request_is_another_call() {
    let chaos = armed([Rule::new("slow").delay(Delay::fixed(SECOND))]);
    let inner = chaos.http_client().layer(Hello::default());
    let mut service = chaos.http_server().layer(inner);
    let started = tokio::time::Instant::now();
    call(&mut service, get("/a")).await.unwrap();
    assert_eq!(started.elapsed(), SECOND * 2);
}

/// Each set of rules has its own status and message. A call that saw both would mix them.
#[test]
fn call_sees_one_set_of_rules_while_they_are_swapped() {
    let set = |code: u8| {
        let fault = Fault::GrpcStatus {
            code,
            message: code.to_string(),
        };
        let rules = ["x", "y"].map(|name| Rule::new(format!("{name}{code}")).fault(fault.clone()));
        let [first, second] = rules;
        RuleSet::new([first.every_nth(2), second]).unwrap()
    };
    let chaos = chaos([]);
    chaos.set_rules(set(1));
    chaos.arm(arming()).unwrap();
    let (is_over, swaps) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let count = swaps.fetch_add(1, Ordering::Relaxed);
                chaos.set_rules(set(1 + u8::try_from(count % 2).unwrap()));
            }
        });
        let callers = [(); 3].map(|()| scope.spawn(|| one_rule_set_each(&chaos)));
        for caller in callers {
            caller.join().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(swaps.load(Ordering::Relaxed) > 1);
}

fn one_rule_set_each(chaos: &Chaos) {
    let mut service = chaos.grpc_server().layer(Hello::default());
    for _ in 0..3000 {
        let response = now(service.call(get("/a"))).unwrap();
        let headers = response.headers();
        assert_eq!(
            headers["grpc-status"], headers["grpc-message"],
            "every call is hit"
        );
        let injected: &Injected = response.extensions().get().unwrap();
        let code = headers["grpc-status"].to_str().unwrap();
        assert!(injected.rule().ends_with(code));
    }
}

#[tokio::test]
async fn retry_is_another_call_with_its_own_draw() {
    let chaos = armed([down().every_nth(2)]);
    let mut service = chaos.http_client().layer(Hello::default());
    let mut request = Request::get("http://stock/items").body(()).unwrap();
    request.extensions_mut().insert(Route::new("/items"));
    let mut statuses = Vec::new();
    for _attempt in 0..2 {
        let response: Result<_, Infallible> = call(&mut service, request.clone()).await;
        statuses.push(response.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 503]);
    let _shared: Arc<RuleSet> = chaos.rules();
}
