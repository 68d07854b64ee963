//! A custom observer: logs calls that are slower than a limit of their route, with what they did.
//!
//! `cargo run --example observer`, then `curl 127.0.0.1:3000/report`.

use std::time::Duration;

use axum::{Router, routing::get};
use gusset::http::{Http, RequestHead, Route};
use gusset::{CallContext, CallObserver, CatchPanic, End, ObserveLayer, Observer};
use tokio::{net::TcpListener, time::sleep};

/// Logs slow calls.
struct SlowCalls {
    limit: Duration,
}

/// One call. It is dropped at its end.
struct SlowCall {
    limit: Duration,
    route: Option<Route>,
}

impl Observer<Http> for SlowCalls {
    type Call = SlowCall;

    fn start(&self, request: RequestHead<'_>, _: &mut CallContext) -> SlowCall {
        SlowCall {
            limit: self.limit,
            route: Route::to_owned(request),
        }
    }
}

impl CallObserver<Http> for SlowCall {
    /// Called exactly once: after the last byte of the response, an error, a cancellation or a panic.
    fn on_end(self, end: End<'_, Http>, cx: &CallContext) {
        if cx.elapsed() > self.limit {
            let route = self.route.as_ref().map(Route::as_str);
            tracing::warn!(route, elapsed = ?cx.elapsed(), ?end, "slow call");
        }
    }
}

async fn report() -> &'static str {
    sleep(Duration::from_millis(60)).await;
    "a report\n"
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset::init()?;
    let limit = Duration::from_millis(50);
    let app = Router::new()
        .route("/report", get(report))
        .route("/", get(|| async { "hello\n" }))
        // A panic in the observer is caught, so that the service goes on.
        .layer(ObserveLayer::<Http, _>::new(CatchPanic::new(SlowCalls {
            limit,
        })))
        .layer(gusset.http());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await
}
