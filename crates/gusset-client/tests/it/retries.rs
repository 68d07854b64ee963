//! Retries: one whole, and its attempts.

use std::future::Ready;
use std::sync::Arc;

use gusset_client::{ClientTimer, TimedBody, names};
use http::{Request, Response};
use tower::retry::{Policy, RetryLayer};
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};

use crate::metrics::Recorder;
use crate::support::{Body, DELAY, Time, empty};

/// Retries at once, and lets time pass before.
#[derive(Clone)]
struct Retry {
    time: Time,
    left: u32,
}

impl<E> Policy<Request<()>, Response<gusset_client::TimedResponseBody<Body>>, E> for Retry {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<()>,
        result: &mut Result<Response<gusset_client::TimedResponseBody<Body>>, E>,
    ) -> Option<Ready<()>> {
        let is_final = result.as_ref().is_ok_and(|res| res.status().is_success());
        self.left = self.left.checked_sub(1).filter(|_| !is_final)?;
        if let Time::Given(hand) = &self.time {
            hand.advance(DELAY);
        }
        Some(std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<()>) -> Option<Request<()>> {
        Some(request.clone())
    }
}

#[tokio::test]
async fn whole_has_its_attempts_and_the_time_between_them() {
    let (clock, time) = Time::given();
    let recorder = Recorder::default();
    let timer = ClientTimer::builder()
        .clock(clock)
        .recorder(recorder.shared());
    let timer = timer.build().unwrap();
    let statuses = Arc::new(std::sync::Mutex::new(vec![200, 503, 503]));
    let server = {
        let time = time.clone();
        tower::service_fn(move |_: Request<TimedBody<Body>>| {
            let status = statuses.lock().unwrap().pop().unwrap();
            // The time of an attempt is not between attempts.
            if let Time::Given(hand) = &time {
                hand.advance(DELAY * 10);
            }
            std::future::ready(Response::builder().status(status).body(empty()))
        })
    };
    let client = ServiceBuilder::new()
        .layer(timer.retries())
        .layer(RetryLayer::new(Retry { time, left: 5 }))
        .map_request(|request: Request<()>| request.map(|()| empty()))
        .service(timer.layer().layer(server));
    let request = Request::get("http://shop.test/").body(()).unwrap();
    assert_eq!(client.oneshot(request).await.unwrap().status(), 200);
    let histograms = recorder.values();
    let of = |name: &str| {
        histograms
            .iter()
            .find(|(found, _)| found == name)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(of(names::CALL_RETRIES.name), [2.0]);
    assert_eq!(
        of(names::CALL_RETRY_DELAY.name),
        [(DELAY * 2).as_secs_f64()]
    );
}

#[tokio::test]
async fn call_that_is_not_retried_has_no_delay() {
    let recorder = Recorder::default();
    let timer = ClientTimer::builder().recorder(recorder.shared());
    let timer = timer.build().unwrap();
    let server = tower::service_fn(|_: Request<TimedBody<Body>>| {
        std::future::ready(Ok::<_, http::Error>(Response::new(empty())))
    });
    let client = timer.retries().layer(timer.layer().layer(server));
    let request = Request::get("http://shop.test/").body(empty()).unwrap();
    client.oneshot(request).await.unwrap();
    let histograms = recorder.values();
    let retries = histograms
        .iter()
        .filter(|(name, _)| name.contains(".call."));
    let retries: Vec<_> = retries.collect();
    assert_eq!(retries, [&(names::CALL_RETRIES.name.to_owned(), vec![0.0])]);
}
