//! A function on a local runtime API of AWS Lambda.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use axum::{Router, body::Body};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::collector::Collector;
use crate::process::until;
use crate::running::{Running, command};

/// The runtime API: events to be handled, and responses with the number of span exports before each.
#[derive(Clone)]
struct RuntimeApi {
    events: Arc<Mutex<VecDeque<Value>>>,
    responses: Arc<Mutex<Vec<(Value, usize)>>>,
    collector: Arc<Collector>,
}

/// Returns an event of an HTTP API of API Gateway.
fn event(path: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "api.example.com"},
        "requestContext": {
            "accountId": "1", "apiId": "1", "stage": "$default", "requestId": "1",
            "domainName": "api.example.com", "time": "", "timeEpoch": 0,
            "http": {
                "method": "GET", "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "test"
            }
        },
        "isBase64Encoded": false
    })
}

async fn next(State(api): State<RuntimeApi>) -> Response<Body> {
    let event = api.events.lock().unwrap().pop_front();
    let Some(event) = event else {
        // Lambda freezes the process here.
        return pending().await;
    };
    Response::builder()
        .header("lambda-runtime-aws-request-id", "8476a536")
        .header("lambda-runtime-deadline-ms", "4102444800000")
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-1:1:function:users",
        )
        .body(Body::from(event.to_string()))
        .unwrap()
}

async fn respond(
    State(api): State<RuntimeApi>,
    Path(_): Path<String>,
    // Its content type is not that of JSON.
    response: String,
) -> StatusCode {
    let response = serde_json::from_str(&response).unwrap();
    let exports = api.collector.span_names().len();
    api.responses.lock().unwrap().push((response, exports));
    StatusCode::ACCEPTED
}

#[tokio::test]
async fn lambda_call_is_exported_before_its_response() {
    let collector = Arc::new(Collector::start().await);
    let api = RuntimeApi {
        events: Arc::new(Mutex::new(["/users/7", "/users/8"].map(event).into())),
        responses: Arc::default(),
        collector: collector.clone(),
    };
    let app = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(respond),
        )
        .with_state(api.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });

    let mut function = command("lambda");
    let function = collector
        .configure(&mut function)
        // Without the spans of the runtime itself, which are traces of their own.
        .env("GUSSET_TRACES_FILTER", "info,lambda_runtime=off")
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "users")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "group");
    let function = Running::start(function);
    let responses = until("both events are handled", async || {
        let responses = api.responses.lock().unwrap();
        (responses.len() == 2).then(|| responses.clone())
    });
    for (call, (response, exports)) in responses.await.into_iter().enumerate() {
        assert_eq!(response["statusCode"], 200, "{response}");
        assert_eq!(response["body"], format!("user {}\n", call + 7));
        assert_eq!(exports, call + 1, "the span of this call is exported");
    }
    assert_eq!(collector.span_names(), ["GET /users/{id}"; 2]);
    let found = function.entry("found the user").await;
    assert!(found["trace_id"].is_string(), "{found}");
    let entries = function.entries();
    let warnings = entries.iter().filter(|entry| entry["level"] == "WARN");
    assert_eq!(warnings.count(), 0, "{entries:?}");
}
