//! What calls do with their time, wired up by the builder.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::convert::Infallible;

use bytes::Bytes;
use gusset::http::Route;
use gusset::{Gusset, GussetBuilder};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

const ROUTE: &str = "/orders/{id}";

fn builder() -> GussetBuilder {
    let builder = gusset::builder().log(|log| log.writer(std::io::sink()));
    builder.without_health().without_management()
}

fn page(gusset: &Gusset) -> String {
    gusset.telemetry().prometheus().endpoint().render()
}

/// Serves one call, which looks at itself.
async fn call(gusset: &Gusset, seen: impl Fn() + Clone + Send + 'static) {
    let service = ServiceBuilder::new()
        .layer(gusset.http())
        .service(service_fn(move |_: Request<Full<Bytes>>| {
            let seen = seen.clone();
            async move {
                tokio::task::yield_now().await;
                seen();
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("an order")))
            }
        }));
    let mut request = Request::new(Full::default());
    request.extensions_mut().insert(Route::new(ROUTE));
    let response = service.oneshot(request).await.unwrap();
    response.into_body().collect().await.unwrap();
}

#[tokio::test]
async fn call_of_a_server_is_observed() {
    let gusset = builder().build_with(|_| None).unwrap();
    let calls = gusset.calls().unwrap().clone();
    call(&gusset, move || {
        let in_flight = calls.in_flight();
        assert_eq!(
            (in_flight[0].route.as_str(), in_flight[0].calls),
            (ROUTE, 1)
        );
        assert!(in_flight[0].longest_poll.is_some(), "it is polled now");
    })
    .await;
    let page = page(&gusset);
    for state in ["polled", "scheduled", "waiting"] {
        let series = format!(
            "\ngusset_call_time_seconds_total{{gusset_call_state=\"{state}\",http_route=\"{ROUTE}\"}} "
        );
        assert!(page.contains(&series), "{page}");
    }
}

#[tokio::test]
async fn snapshot_has_the_calls() {
    let gusset = builder().build_with(|_| None).unwrap();
    call(&gusset, || {}).await;
    let system = gusset.system().unwrap();
    system.sample();
    let service = &system.latest().now.service;
    let route = &service.routes.as_ref().unwrap()[0];
    assert_eq!((route.name.as_str(), route.calls), (ROUTE, Some(1)));
    assert!(route.polled.is_some() && route.scheduled.is_some() && route.waiting.is_some());
    assert_eq!(service.in_flight, Some(0));
}

#[tokio::test]
async fn calls_can_be_left_out() {
    for builder in [
        builder().without_calls(),
        builder().without_system(),
        builder().without_metrics(),
    ] {
        let gusset = builder.build_with(|_| None).unwrap();
        call(&gusset, || {}).await;
        assert!(gusset.calls().is_none());
        assert!(!page(&gusset).contains("gusset_call_time"));
    }
    assert!(gusset::disabled().calls().is_none());
}

#[tokio::test]
async fn excluded_call_is_not_observed() {
    let gusset = builder().http(|http| http.exclude_paths(["/"]));
    let gusset = gusset.build_with(|_| None).unwrap();
    call(&gusset, || {}).await;
    assert!(gusset.calls().unwrap().in_flight().is_empty());
}

#[tokio::test]
async fn lag_is_measured_with_the_timers_of_health() {
    let lag = "\n# TYPE gusset_tokio_lag_seconds histogram\n";
    let gusset = builder().build_with(|_| None).unwrap();
    assert!(!page(&gusset).contains(lag), "there may be no timers");
    let builder = gusset::builder().log(|log| log.writer(std::io::sink()));
    let builder = builder.health(|health| health.handle_signals(false));
    let gusset = builder.without_management().build_with(|_| None).unwrap();
    assert!(page(&gusset).contains(lag), "{}", page(&gusset));
}
