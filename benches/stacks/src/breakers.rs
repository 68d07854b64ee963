//! failsafe and recloser around a service over HTTP. Both protect futures and not services, so this is what their
//! users write. A status of 500 and above is a failure.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use failsafe::futures::CircuitBreaker as _;
use gusset_benches::svc::{self, Hello};
use gusset_benches::{Work, WorkFactory};
use http::{Request, Response, StatusCode};
use http_body_util::{Empty, Full};
use tower::service_fn;
use tower_service::Service as _;

type HttpResponse = Response<Full<Bytes>>;

/// Returns calls of a service with failsafe.
pub(crate) fn failsafe() -> WorkFactory {
    let backoff = failsafe::backoff::constant(Duration::from_secs(5));
    let policy = failsafe::failure_policy::consecutive_failures(5, backoff);
    let breaker = failsafe::Config::new().failure_policy(policy).build();
    calls(move |request| {
        let guarded = breaker.call(judged(request));
        async {
            guarded.await.or_else(|error| match error {
                failsafe::Error::Inner(failed) => Ok(failed),
                failsafe::Error::Rejected => Ok(open()),
            })
        }
    })
}

/// Returns calls of a service with recloser.
pub(crate) fn recloser() -> WorkFactory {
    let breaker = recloser::Recloser::custom().error_rate(0.5).closed_len(100);
    let breaker = recloser::AsyncRecloser::from(breaker.build());
    calls(move |request| {
        let guarded = breaker.call(judged(request));
        async {
            guarded.await.or_else(|error| match error {
                recloser::Error::Inner(failed) => Ok(failed),
                recloser::Error::Rejected => Ok(open()),
            })
        }
    })
}

fn calls<F, R>(call: F) -> WorkFactory
where
    F: Fn(Request<Empty<Bytes>>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<HttpResponse, Infallible>> + 'static,
{
    Box::new(move || -> Work { svc::work(service_fn(call.clone())) })
}

/// Calls the service, and returns responses that are failures as errors.
async fn judged(request: Request<Empty<Bytes>>) -> Result<HttpResponse, HttpResponse> {
    let response = match Hello.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    match response.status().is_server_error() {
        true => Err(response),
        false => Ok(response),
    }
}

fn open() -> HttpResponse {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}
