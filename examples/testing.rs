//! The tests of a service: its telemetry captured, or off.
//!
//! `cargo test --example testing`. A service has gusset's feature `testing` in its `dev-dependencies`.

use axum::{Router, extract::Path, routing::get};
use gusset::{Gusset, GussetBuilder};

/// Returns the settings of the service, which its tests share with `main`.
fn settings() -> GussetBuilder {
    gusset::builder().http(|http| http.exclude_paths(["/internal/*"]))
}

fn app(gusset: &Gusset) -> Router {
    let user = async |Path(id): Path<u32>| {
        tracing::info!(id, "found the user");
        metrics::counter!("users.found").increment(1);
        format!("user {id}")
    };
    Router::new()
        .route("/users/{id}", get(user))
        .layer(gusset.http())
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = settings().init()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let server = axum::serve(listener, app(&gusset));
    gusset
        .serve(server.with_graceful_shutdown(gusset.shutdown_signal()))
        .await
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use gusset::testing::Capture;
    use tower::ServiceExt as _;

    use super::{app, settings};

    async fn get(app: axum::Router, path: &str) -> Result<Vec<u8>, axum::Error> {
        let request = Request::get(path).body(Body::empty());
        let Ok(response) = app.oneshot(request.expect("a request")).await;
        Ok(to_bytes(response.into_body(), 1000).await?.to_vec())
    }

    #[tokio::test]
    async fn user_is_returned() -> Result<(), axum::Error> {
        // Nothing is logged, recorded or exported.
        let app = app(&gusset::disabled());
        assert_eq!(get(app, "/users/7").await?, b"user 7");
        Ok(())
    }

    #[tokio::test]
    async fn user_is_logged_traced_and_counted() -> Result<(), Box<dyn std::error::Error>> {
        let capture = Capture::with_settings(settings())?;
        get(app(capture.gusset()), "/users/7").await?;
        let call = capture.wait_for_calls(1).await.remove(0);
        assert_eq!(call.entry()["http.route"], "/users/{id}");
        assert_eq!(call.events()[0]["id"], 7);
        assert_eq!(call.span().expect("sampled").name, "GET /users/{id}");
        assert_eq!(capture.metric("users.found", &[]), 1.0);
        let durations = "http.server.request.duration";
        let status = [("http.response.status_code", "200")];
        assert_eq!(capture.metric(durations, &status), 1.0);
        Ok(())
    }
}
