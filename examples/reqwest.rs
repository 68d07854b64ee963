//! reqwest with retries, a circuit breaker and traces: each attempt has a log entry and a span.
//!
//! `cargo run --example axum`, then `cargo run --example reqwest`. Spans are made if they are exported:
//! `OTEL_EXPORTER_OTLP_ENDPOINT`.

use std::time::Duration;

use gusset::breaker::{CircuitOpen, http_response};
use gusset::{Rejected, http::UrlTemplate, trace::ResendCount};
use http::{Request, Response};
use tokio::time::{Sleep, sleep};
use tower::retry::{Policy, RetryLayer};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt as _, service_fn};

const RETRIES: u32 = 3;

/// Repeats failed requests, after 50, 100 and 200 ms. The number is that of repetitions so far.
#[derive(Clone)]
struct Retry(u32);

impl<B, E> Policy<Request<()>, Response<B>, E> for Retry {
    type Future = Sleep;

    fn retry(&mut self, req: &mut Request<()>, res: &mut Result<Response<B>, E>) -> Option<Sleep> {
        let is_final = res.as_ref().is_ok_and(|res| {
            // While the breaker is open, a repetition would be rejected too.
            !res.status().is_server_error() || res.extensions().get::<Rejected>().is_some()
        });
        if is_final || self.0 == RETRIES {
            return None;
        }
        let delay = Duration::from_millis(50 << self.0);
        self.0 += 1;
        req.extensions_mut().insert(ResendCount(self.0));
        Some(sleep(delay))
    }

    fn clone_request(&mut self, req: &Request<()>) -> Option<Request<()>> {
        Some(req.clone())
    }
}

/// Sends a request for a user. In its span, which is exported, all attempts are one trace.
#[tracing::instrument(skip_all)]
async fn user<S, B>(client: S, server: &str) -> Result<(), BoxError>
where
    S: Service<Request<()>, Response = Response<B>, Error = reqwest::Error>,
{
    let mut request = Request::get(format!("{server}/users/7")).body(())?;
    request
        .extensions_mut()
        .insert(UrlTemplate::new("/users/{id}"));
    let response = client.oneshot(request).await?;
    tracing::info!(status_code = response.status().as_u16(), "response");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let gusset = gusset::builder().without_management().init()?;
    let timeout = Duration::from_secs(2);
    let http = reqwest::Client::builder().timeout(timeout).build()?;
    let breaker = gusset.breaker("users")?.http_client();
    let client = ServiceBuilder::new()
        .layer(RetryLayer::new(Retry(0)))
        .map_request(|request: Request<()>| request.map(|()| reqwest::Body::default()))
        .layer(gusset.http_client())
        .layer(breaker.respond_with(|open: CircuitOpen| http_response(&open)))
        .service(service_fn(move |request| {
            let http = http.clone();
            async move {
                let response = http.execute(reqwest::Request::try_from(request)?).await;
                response.map(Response::<reqwest::Body>::from)
            }
        }));
    let server = std::env::var("SERVER").unwrap_or_else(|_| "http://127.0.0.1:3000".to_owned());
    // Flushes at the end.
    Ok(gusset.serve(user(client, &server)).await?)
}
