//! Complete responses in each format.

use gusset_health::{CheckResult, Health, LocalDependency, OptionalDependency, ResponseFormat};
use http::Request;
use serde_json::{Value, json};

use crate::support::{SECOND, TestCheck, Time, get, send, text};

const TOKEN: &str = "correct-horse-battery";

async fn details(health: &Health, format: ResponseFormat) -> (String, Value) {
    let request = Request::builder().header("authorization", format!("Bearer {TOKEN}"));
    let probe = health.healthz().with_response_format(format);
    let response = send(&probe, &request.body(()).unwrap());
    let content_type = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (
        content_type,
        serde_json::from_str(&text(response).await).unwrap(),
    )
}

async fn health(time: &Time) -> (Health, gusset_health::HealthRuntime) {
    let (index, mail) = (TestCheck::default(), TestCheck::default());
    mail.down();
    let builder = time.builder().details_token(TOKEN);
    let health = builder
        .readiness_check(LocalDependency(
            index
                .quick("index")
                .initial_jitter(std::time::Duration::ZERO),
        ))
        .health_check(OptionalDependency(mail.quick("mail")))
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(SECOND / 2).await;
    (health, runtime)
}

#[tokio::test(start_paused = true)]
async fn health_json_details() {
    let time = Time::new();
    let (health, _runtime) = health(&time).await;
    let (content_type, body) = details(&health, ResponseFormat::HealthJson).await;
    assert_eq!(content_type, "application/health+json");
    let expected = json!({
        "status": "warn",
        "phase": "ready",
        "held": false,
        "inFlight": 0,
        "checks": {
            "main-runtime": [{"componentType": "heartbeat", "status": "pass", "observedValue": 0.5, "observedUnit": "s"}],
            "index": [{
                "componentType": "local", "status": "pass", "verdict": "up", "decidesOnReadiness": true,
                "observedValue": 0, "observedUnit": "s", "age": 0.5, "since": 0.5, "consecutiveFailures": 0,
            }],
            "mail": [{
                "componentType": "optional", "status": "fail", "verdict": "down", "decidesOnReadiness": false,
                "output": "secret-host:5432 refused",
                "observedValue": 0, "observedUnit": "s", "age": 0.5, "since": 0.5, "consecutiveFailures": 1,
            }],
        },
    });
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn spring_details() {
    let time = Time::new();
    let (health, _runtime) = health(&time).await;
    let (content_type, body) = details(&health, ResponseFormat::Spring).await;
    assert_eq!(content_type, "application/vnd.spring-boot.actuator.v3+json");
    let expected = json!({
        "status": "DEGRADED",
        "components": {
            "main-runtime": {"status": "UP", "details": {"age": 0.5}},
            "index": {"status": "UP", "details": {"role": "local"}},
            "mail": {"status": "DOWN", "details": {"role": "optional", "message": "secret-host:5432 refused"}},
        },
    });
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn microprofile_details() {
    let time = Time::new();
    let (health, _runtime) = health(&time).await;
    let (content_type, body) = details(&health, ResponseFormat::MicroProfile).await;
    assert_eq!(content_type, "application/json");
    let expected = json!({
        "status": "UP",
        "checks": [
            {"name": "main-runtime", "status": "UP", "data": {"age": 0.5}},
            {"name": "index", "status": "UP", "data": {"role": "local"}},
            {"name": "mail", "status": "DOWN", "data": {"role": "optional", "message": "secret-host:5432 refused"}},
        ],
    });
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn fields_keep_their_order_and_text_is_escaped() {
    let time = Time::new();
    let check = gusset_health::Check::sync("db", || CheckResult::degraded("\"a\\b\"\u{1}\u{e9}"));
    let health = time
        .builder()
        .details_token(TOKEN)
        .health_check(check.initial_jitter(std::time::Duration::ZERO))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    health.lifecycle().report_progress("two\nlines");
    health.lifecycle().mark_started();
    time.pass(2 * SECOND).await;
    let request = Request::builder().header("authorization", format!("Bearer {TOKEN}"));
    let response = send(&health.healthz(), &request.body(()).unwrap());
    let expected = concat!(
        r#"{"status":"warn","phase":"ready","output":"two\nlines","held":false,"inFlight":0,"checks":{"#,
        r#""main-runtime":[{"componentType":"heartbeat","status":"pass","#,
        r#""observedValue":0,"observedUnit":"s"}],"#,
        r#""db":[{"status":"warn","verdict":"degraded","decidesOnReadiness":false,"#,
        r#""output":"\"a\\b\"\u0001é","observedValue":0,"observedUnit":"s","age":2,"since":2,"#,
        r#""consecutiveFailures":0}]}}"#,
    );
    assert_eq!(text(response).await, expected);
}

#[tokio::test]
async fn public_body_of_each_format() {
    let health = Time::new().builder().build().unwrap();
    for (format, pass, fail) in [
        (
            ResponseFormat::HealthJson,
            r#"{"status":"pass"}"#,
            r#"{"status":"fail"}"#,
        ),
        (
            ResponseFormat::Spring,
            r#"{"status":"UP"}"#,
            r#"{"status":"DOWN"}"#,
        ),
        (
            ResponseFormat::MicroProfile,
            r#"{"status":"UP","checks":[]}"#,
            r#"{"status":"DOWN","checks":[]}"#,
        ),
    ] {
        assert_eq!(
            text(get(&health.livez().with_response_format(format))).await,
            pass
        );
        assert_eq!(
            text(get(&health.readyz().with_response_format(format))).await,
            fail
        );
    }
}
