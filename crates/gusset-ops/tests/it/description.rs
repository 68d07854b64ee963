//! The OpenAPI file.

use std::collections::BTreeSet;

use gusset_http::Reach;
use gusset_ops::Operations;
use http::{Method, Request, StatusCode};
use serde_json::Value;

use crate::settings::Greeting;
use crate::support::*;

/// Returns a page with everything that has a path.
fn whole() -> Operations {
    let operations = builder()
        .history(history())
        .token(token())
        .task("flush", || async { Ok::<_, std::fmt::Error>(()) })
        .setting("greeting", Greeting::default());
    #[cfg(feature = "incident")]
    let operations = operations
        .recorder(gusset_incident::FlightRecorder::builder().build().unwrap())
        .incidents(
            gusset_incident::Directory::new("/nowhere/incidents"),
            || gusset_data::StateTree::Unknown,
        );
    operations.build().unwrap()
}

async fn description(operations: &Operations) -> Value {
    let answer = answer(operations, authorized(Request::get("/ops/openapi.json"))).await;
    serde_json::from_str(answer.body()).unwrap()
}

fn authorized(request: http::request::Builder) -> http::request::Builder {
    request.header("authorization", format!("Bearer {TOKEN}"))
}

#[tokio::test]
async fn description_has_exactly_the_paths_that_are_served() {
    let operations = whole();
    let description = description(&operations).await;
    assert_eq!(description["openapi"], "3.1.0");
    let described = description["paths"].as_object().unwrap().keys();
    let described: BTreeSet<_> = described.map(String::as_str).collect();
    let routes = routes(&operations, Reach::Loopback);
    assert_eq!(described, routes.paths().collect());
}

#[tokio::test]
async fn described_methods_types_and_parameters_are_those_of_the_responses() {
    let operations = whole();
    let description = description(&operations).await;
    for (path, item) in description["paths"].as_object().unwrap() {
        let (method, operation) = item.as_object().unwrap().iter().next().unwrap();
        let mut query = String::new();
        for parameter in operation["parameters"].as_array().unwrap() {
            let schema = &parameter["schema"];
            let value = [&schema["const"], &schema["default"], &schema["enum"][0]];
            let value = value.into_iter().find(|value| !value.is_null());
            let value = value.map_or(String::new(), |value| value.to_string().replace('"', ""));
            let name = parameter["name"].as_str().unwrap();
            // One that reverts has no value.
            if name != "value" {
                query.push_str(&format!("{name}={value}&"));
            }
        }
        let described = operation["responses"]["200"]["content"]
            .as_object()
            .unwrap();
        for kind in described.keys() {
            let request = Request::builder()
                .method(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap())
                .uri(format!("{path}?{query}"))
                .header("accept", kind);
            let response = head(&operations, authorized(request)).await;
            if path == "/ops/incidents" {
                assert_eq!(response.status(), StatusCode::NOT_FOUND, "there is none");
                continue;
            }
            assert_eq!(response.status(), StatusCode::OK, "{path}?{query}");
            let sent = response.headers()["content-type"].to_str().unwrap();
            assert!(
                sent.starts_with(kind.as_str()),
                "{path}: {sent} and not {kind}"
            );
        }
        let unknown = Request::get(format!("{path}?unknown=1")).header("accept", "*/*");
        let status = head(&operations, authorized(unknown)).await.status();
        let has_filters = path.starts_with("/ops/api/") || path == "/ops/incidents";
        assert_eq!(status == StatusCode::BAD_REQUEST, has_filters, "{path}");
    }
}
