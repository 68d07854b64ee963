//! Control over the management server.

use std::sync::Arc;

use gusset_chaos::control::ChaosControl;
use gusset_chaos::{Chaos, Fault, Rule};
use gusset_http::{BearerToken, Mount as _, Reach, RequestHead, Routes};
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower_layer::Layer as _;

use crate::support::*;

const TOKEN: &str = "correct-horse-battery";

fn down() -> Chaos {
    chaos([Rule::new("down").fault(Fault::Status { status: 503 })])
}

fn routes(chaos: &Chaos) -> Routes {
    let token = BearerToken::new("controls_token", TOKEN).unwrap();
    let control = ChaosControl::new(chaos.clone(), Arc::new(token));
    control.mount(Routes::new(), Reach::Network).unwrap()
}

async fn send(routes: &Routes, method: &str, path: &str, token: &str) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.body(()).unwrap();
    let response = routes.answer(RequestHead::from(&request)).unwrap().await;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn status_of_call(chaos: &Chaos) -> u16 {
    let mut service = chaos.http_server().layer(Hello::default());
    call(&mut service, get("/a"))
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[tokio::test]
async fn nothing_is_served_without_the_token() {
    let chaos = down();
    let routes = routes(&chaos);
    for path in routes.paths() {
        for method in ["GET", "PUT", "DELETE"] {
            let (status, body) = send(&routes, method, path, "wrong-horse-battery").await;
            assert_eq!(status, 401, "{method} {path}");
            assert_eq!(body["error"], "a bearer token is required");
        }
    }
    assert!(!chaos.status().armed && !chaos.status().killed);
}

#[tokio::test]
async fn layers_are_armed_listed_and_disarmed() {
    let chaos = down();
    let routes = routes(&chaos);
    let (status, body) = send(&routes, "PUT", "/chaos/arm?seconds=60", TOKEN).await;
    assert_eq!((status, &body["armed"]), (200, &Value::Bool(true)));
    assert_eq!(status_of_call(&chaos).await, 503);
    let (_, body) = send(&routes, "GET", "/chaos", TOKEN).await;
    assert!(body["remaining_seconds"].as_f64().unwrap() <= 60.0);
    assert_eq!(body["rules"][0]["rule"], "down");
    assert_eq!(body["rules"][0]["injected"], 1);
    let (_, log) = send(&routes, "GET", "/chaos/log", TOKEN).await;
    assert_eq!(log["decisions"][0]["faults"][0], "status");
    let (status, _) = send(&routes, "PUT", "/chaos/arm", TOKEN).await;
    assert_eq!(status, 409, "it is armed already");
    let (_, body) = send(&routes, "DELETE", "/chaos/arm", TOKEN).await;
    assert_eq!(
        (&body["armed"], &body["stopped"]),
        (&Value::Bool(false), &"it was disarmed".into())
    );
    assert_eq!(status_of_call(&chaos).await, 200);
}

#[tokio::test]
async fn dry_run_and_production_are_parameters() {
    let chaos = Chaos::builder().environment("production");
    let chaos = chaos.build_with(|_| None).unwrap();
    let routes = routes(&chaos);
    let (status, body) = send(&routes, "PUT", "/chaos/arm", TOKEN).await;
    assert_eq!(status, 409);
    assert!(body["error"].as_str().unwrap().contains("production"));
    let path = "/chaos/arm?dry_run=true&allow_production=game+day";
    let (status, body) = send(&routes, "PUT", path, TOKEN).await;
    assert_eq!((status, &body["dry_run"]), (200, &Value::Bool(true)));
}

#[tokio::test]
async fn rules_are_swapped() {
    let chaos = down();
    chaos.arm(arming()).unwrap();
    let routes = routes(&chaos);
    let rules = r#"[{"name":"teapot","fault":{"kind":"status","status":418}}]"#;
    let query: String = form_urlencoded::byte_serialize(rules.as_bytes()).collect();
    let (status, body) = send(
        &routes,
        "PUT",
        &format!("/chaos/rules?rules={query}"),
        TOKEN,
    )
    .await;
    assert_eq!((status, &body[0]["name"]), (200, &"teapot".into()));
    assert_eq!(status_of_call(&chaos).await, 418);
    let (_, body) = send(&routes, "GET", "/chaos/rules", TOKEN).await;
    assert_eq!(body[0]["fault"]["status"], 418);
}

#[tokio::test]
async fn kill_is_final() {
    let chaos = down();
    let routes = routes(&chaos);
    let (_, body) = send(&routes, "PUT", "/chaos/kill", TOKEN).await;
    assert_eq!(body["killed"], true);
    let (status, _) = send(&routes, "PUT", "/chaos/arm", TOKEN).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn invalid_requests_change_nothing_and_name_the_problem() {
    let chaos = down();
    let routes = routes(&chaos);
    for (method, path, status, problem) in [
        ("PUT", "/chaos/arm?seconds=soon", 400, "seconds"),
        ("PUT", "/chaos/arm?dry_run=1", 400, "dry_run"),
        ("PUT", "/chaos/arm?colour=red", 400, "colour"),
        ("PUT", "/chaos/arm?seconds=0", 409, "time limit"),
        ("PUT", "/chaos/rules", 400, "rules"),
        ("PUT", "/chaos/rules?rules=x", 400, "rules"),
        ("PUT", "/chaos", 405, "GET"),
        ("GET", "/chaos/arm", 405, "PUT"),
        ("GET", "/chaos/kill", 405, "PUT"),
    ] {
        let (got, body) = send(&routes, method, path, TOKEN).await;
        assert_eq!(got, status, "{method} {path}");
        assert!(body["error"].as_str().unwrap().contains(problem), "{body}");
    }
    assert!(!chaos.status().armed);
    assert_eq!(chaos.rules().iter().next().unwrap().name(), "down");
}
