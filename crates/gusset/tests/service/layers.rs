//! The layers: their order, and what they share.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gusset::Gusset;
use http::{Request, Response};
use tower::{Service as _, ServiceBuilder, ServiceExt as _, service_fn};

use crate::{access_lines, entries, listen, no_variable, request, send, set_up};

async fn call(app: Router, path: &str) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
}

fn page(gusset: &Gusset) -> String {
    gusset.telemetry().prometheus().endpoint().render()
}

#[tokio::test]
async fn layer_added_twice_observes_once() {
    let (builder, output) = set_up();
    let gusset = builder.build_with(no_variable).unwrap();
    let inner = Router::new()
        .route("/users", get(async || "users"))
        .layer(gusset.http());
    let app = Router::new().nest("/v1", inner).layer(gusset.http());
    call(app, "/v1/users").await;
    assert!(gusset.flush(Duration::from_secs(30)));
    assert_eq!(access_lines(&output).len(), 1, "{}", output.text());
    assert_eq!(gusset.health().in_flight().count(), 0);
}

#[tokio::test]
async fn access_line_has_the_request_id() {
    let (builder, output) = set_up();
    let gusset = builder.build_with(no_variable).unwrap();
    let app = Router::new()
        .route("/", get(async || "hello"))
        .layer(gusset.http());
    call(app, "/").await;
    assert!(gusset.flush(Duration::from_secs(30)));
    let line = &access_lines(&output)[0];
    assert!(line["request_id"].is_string(), "{line}");
}

#[tokio::test]
async fn handler_reads_the_request_id() {
    use gusset::http::{RequestId, current_request_id};

    let gusset = set_up().0.build_with(no_variable).unwrap();
    let show = async |id: Option<RequestId>| {
        assert_eq!(id, current_request_id());
        id.map_or_else(String::new, |id| id.to_string())
    };
    let app = Router::new().route("/", get(show)).layer(gusset.http());
    let request = Request::get("/").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let header = response.headers()["x-request-id"].clone();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
    assert_eq!(body.unwrap(), header.as_bytes());
}

#[tokio::test]
async fn client_forwards_the_trace_and_the_request_id() {
    let (builder, output) = set_up();
    let gusset = builder.build_with(no_variable).unwrap();
    let client = gusset.http_client();
    let app = Router::new()
        .route(
            "/",
            get(async move || {
                let sent = service_fn(async |request: Request<()>| {
                    let header = |name: &str| {
                        let value = request.headers().get(name);
                        value
                            .map_or("-", |value| value.to_str().unwrap())
                            .to_owned()
                    };
                    let both = format!("{} {}", header("traceparent"), header("x-request-id"));
                    Ok::<_, Infallible>(Response::new(both))
                });
                let mut client = ServiceBuilder::new().layer(client).service(sent);
                let request = Request::get("http://a.example/").body(()).unwrap();
                let response = client.ready().await.unwrap().call(request).await.unwrap();
                let body = Body::new(response.into_body());
                let text = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                tracing::info!(sent = %String::from_utf8_lossy(&text), "sent");
                "hello"
            }),
        )
        .layer(gusset.http());
    call(app, "/").await;
    assert!(gusset.flush(Duration::from_secs(30)));
    let mut entries = entries(&output).into_iter();
    let sent = entries.find(|entry| entry["message"] == "sent").unwrap();
    let headers = sent["sent"].as_str().unwrap();
    assert!(
        headers.contains(sent["trace_id"].as_str().unwrap()),
        "{sent}"
    );
    assert!(
        headers.contains(sent["request_id"].as_str().unwrap()),
        "{sent}"
    );
    assert!(page(&gusset).contains("http_client_request_duration_seconds_count"));
}

#[tokio::test]
async fn messages_are_measured_by_destination() {
    let gusset = set_up()
        .0
        .messaging_system("kafka")
        .build_with(no_variable)
        .unwrap();
    let in_flight = gusset.health().in_flight();
    let process = service_fn(async |_: String| {
        assert_eq!(in_flight.count(), 1);
        Ok::<_, Infallible>(())
    });
    let mut consumer = ServiceBuilder::new()
        .layer(gusset.consumer("orders"))
        .service(process);
    let consumer = consumer.ready().await.unwrap();
    consumer.call("an order".to_owned()).await.unwrap();
    let page = page(&gusset);
    assert!(
        page.contains(r#"messaging_destination_name="orders""#),
        "{page}"
    );
    assert!(page.contains(r#"messaging_system="kafka""#), "{page}");
}

#[cfg(feature = "breaker")]
#[tokio::test]
async fn breaker_is_one_for_each_name() {
    let gusset = set_up().0.build_with(no_variable).unwrap();
    let (first, second) = (
        gusset.breaker("payments").unwrap(),
        gusset.breaker("payments").unwrap(),
    );
    first.force_open();
    assert_eq!(second.state(), first.state());
    assert_ne!(gusset.breaker("stock").unwrap().state(), first.state());
    assert!(page(&gusset).contains(r#"="payments""#));
}

#[cfg(feature = "breaker")]
#[tokio::test]
async fn calls_that_a_breaker_rejects_are_observed() {
    use gusset::breaker::{CircuitOpen, http_response};

    let (builder, output) = set_up();
    let gusset = builder.build_with(no_variable).unwrap();
    let breaker = gusset.breaker("stock").unwrap();
    let admission = breaker
        .http_server()
        .respond_with(|open: CircuitOpen| http_response(&open));
    let app = Router::new()
        .route("/", get(async || "hello"))
        .layer(gusset.http().admit(admission));
    call(app.clone(), "/").await;
    assert_eq!(breaker.counts().calls, 1);
    breaker.force_open();
    call(app, "/").await;
    assert!(gusset.flush(Duration::from_secs(30)));
    let lines = access_lines(&output);
    let outcomes: Vec<_> = lines.iter().map(|line| &line["gusset.outcome"]).collect();
    assert_eq!(outcomes, ["success", "rejected"], "{}", output.text());
    assert_eq!(gusset.health().in_flight().count(), 0);
}

#[tokio::test]
async fn keep_alive_connection_closes_while_draining() {
    let (builder, _) = set_up();
    let gusset = builder
        .health(|health| {
            health
                .handle_signals(false)
                .drain_delay(Duration::from_secs(20))
        })
        .build_with(no_variable)
        .unwrap();
    let app = Router::new()
        .route("/", get(async || "hello"))
        .layer(gusset.http());
    let (listener, address) = listen().await;
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    let client = async {
        let management = gusset.management_addr().unwrap();
        gusset.health().lifecycle().begin_shutdown();
        assert_eq!(request(management, "/readyz").await.status, 503);
        let response = send(address, "/", "").await;
        assert_eq!(response.status, 200, "it still serves");
        assert_eq!(response.headers["connection"], "close");
        gusset.health().lifecycle().force_shutdown();
    };
    let (served, ()) = tokio::join!(gusset.serve(server), client);
    served.unwrap();
}
