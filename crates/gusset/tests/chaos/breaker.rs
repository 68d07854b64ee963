//! A breaker outside of injected faults opens, and closes when they are over: an experiment.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gusset::Clock;
use gusset::breaker::{CircuitBreaker, Config, State};
use gusset::chaos::{BodyFault, Delay, Fault, InjectedError, experiment};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tower::{Service as _, ServiceBuilder, ServiceExt as _, service_fn};

use super::*;

type BoxError = Box<dyn Error + Send + Sync>;

const TIMEOUT: Duration = Duration::from_millis(20);
const OPEN: Duration = Duration::from_secs(5);

/// Calls a dependency that fails on purpose. Its breaker opens, the dependency is not called further, and the breaker
/// closes when the faults are over.
async fn breaker_opens(rule: Rule) {
    let service = Service::new([rule.peer("stock.internal")]);
    let (clock, mock_clock) = Clock::manual();
    let config = Config::consecutive(5)
        .open_duration(OPEN)
        .half_open_calls(1);
    let config = config.without_open_backoff().open_jitter(0.0);
    let breaker = CircuitBreaker::builder("stock").config(config).clock(clock);
    let breaker = breaker.build().unwrap();
    let calls = Arc::<AtomicUsize>::default();
    let called = calls.clone();
    let stock = service_fn(move |_: Request<String>| {
        called.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok::<_, Infallible>(Response::new("12 left".to_owned())))
    });
    let chaos = service.gusset.chaos();
    let to_box: fn(InjectedError) -> BoxError = |error| error.into();
    let faulty = chaos.http_client().errors(to_box);
    let faulty = ServiceBuilder::new()
        .layer(faulty)
        .map_err(BoxError::from)
        .service(stock);
    let with_timeout = service_fn(move |request: Request<String>| {
        let mut faulty = faulty.clone();
        async move {
            let answer = tokio::time::timeout(TIMEOUT, faulty.call(request)).await;
            answer.map_err(BoxError::from)?
        }
    });
    let mut client = ServiceBuilder::new()
        .layer(service.gusset.http_client())
        .layer(breaker.http_client())
        .service(with_timeout);
    let mut call = async || {
        let request = Request::get("http://stock.internal/items/7");
        let request = request.body(String::new()).unwrap();
        let response = client.ready().await.unwrap().call(request).await?;
        let is_success = response.status().is_success();
        response.into_body().collect().await?;
        Ok::<bool, BoxError>(is_success)
    };

    let seen = breaker.clone();
    let report = experiment("the stock service fails")
        .duration(TIME_LIMIT)
        .steady_state("the breaker is closed", move || {
            // Half-open or closed: nothing but time has passed for it when the faults are over.
            match seen.state() {
                State::Closed => Ok("closed".to_owned()),
                state => Err(state.as_str().to_owned()),
            }
        })
        .recovery(Duration::ZERO)
        .run(chaos, async {
            for _ in 0..5 {
                assert!(!call().await.unwrap_or(false));
            }
            assert_eq!(breaker.state(), State::Open);
            // Not one of these reaches the dependency, with or without a fault.
            for _ in 0..5 {
                assert!(call().await.is_err());
            }
            chaos.disarm();
            mock_clock.advance(OPEN);
            assert!(call().await.unwrap(), "the probe succeeds");
        })
        .await;
    assert_eq!(report.rules[0].injected, 5, "{report}");
    assert_eq!(breaker.state(), State::Closed, "{report}");
    assert_eq!(service.sum("http_client_active_requests"), 0.0);
    assert_eq!(service.sum("gusset_chaos_active_faults"), 0.0);
    assert!(calls.load(Ordering::Relaxed) >= 1);
}

#[tokio::test]
async fn breaker_opens_by_injected_errors() {
    breaker_opens(Rule::new("error").fault(Fault::Error)).await;
}

#[tokio::test]
async fn breaker_opens_by_injected_statuses() {
    breaker_opens(Rule::new("status").fault(Fault::Status { status: 503 })).await;
}

#[tokio::test]
async fn breaker_opens_by_aborted_connections() {
    breaker_opens(Rule::new("abort").fault(Fault::Abort)).await;
}

#[tokio::test]
async fn breaker_opens_by_delays_over_the_timeout() {
    breaker_opens(Rule::new("slow").delay(Delay::fixed(TIMEOUT * 10))).await;
}

#[tokio::test]
async fn breaker_opens_by_hanging_calls() {
    breaker_opens(Rule::new("hang").fault(Fault::Hang)).await;
}

#[tokio::test]
async fn breaker_opens_by_truncated_bodies() {
    breaker_opens(Rule::new("cut").body(BodyFault::Truncate { bytes: 2 })).await;
}
