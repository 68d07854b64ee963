//! Whole answers in each shape.

use gusset_health::{Health, LocalDependency, OptionalDependency, ResponseFormat};
use http::Request;
use serde_json::{Value, json};

use crate::support::{Dial, SECOND, Time, ask, get, text};

const TOKEN: &str = "correct-horse-battery";

async fn told(health: &Health, format: ResponseFormat) -> (String, Value) {
    let request = Request::builder().header("authorization", format!("Bearer {TOKEN}"));
    let probe = health.healthz().with_response_format(format);
    let answer = ask(&probe, &request.body(()).unwrap());
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (kind, serde_json::from_str(&text(answer).await).unwrap())
}

async fn health(time: &Time) -> (Health, gusset_health::HealthRuntime) {
    let (index, mail) = (Dial::default(), Dial::default());
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
    let running = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(SECOND / 2).await;
    (health, running)
}

#[tokio::test(start_paused = true)]
async fn health_json_tells_pass_warn_fail() {
    let time = Time::new();
    let (health, _running) = health(&time).await;
    let (kind, told) = told(&health, ResponseFormat::HealthJson).await;
    assert_eq!(kind, "application/health+json");
    let whole = json!({
        "status": "warn",
        "phase": "ready",
        "held": false,
        "inFlight": 0,
        "checks": {
            "main-runtime": [{"componentType": "heartbeat", "status": "pass", "observedValue": 0.5, "observedUnit": "s"}],
            "index": [{
                "componentType": "exclusive", "status": "pass", "verdict": "up", "decidesOnReadiness": true,
                "observedValue": 0, "observedUnit": "s", "age": 0.5, "since": 0.5, "failuresInARow": 0,
            }],
            "mail": [{
                "componentType": "optional", "status": "fail", "verdict": "down", "decidesOnReadiness": false,
                "output": "secret-host:5432 refused",
                "observedValue": 0, "observedUnit": "s", "age": 0.5, "since": 0.5, "failuresInARow": 1,
            }],
        },
    });
    assert_eq!(told, whole);
}

#[tokio::test(start_paused = true)]
async fn springs_shape() {
    let time = Time::new();
    let (health, _running) = health(&time).await;
    let (kind, told) = told(&health, ResponseFormat::Spring).await;
    assert_eq!(kind, "application/vnd.spring-boot.actuator.v3+json");
    let whole = json!({
        "status": "DEGRADED",
        "components": {
            "main-runtime": {"status": "UP", "details": {"age": 0.5}},
            "index": {"status": "UP", "details": {"role": "exclusive"}},
            "mail": {"status": "DOWN", "details": {"role": "optional", "message": "secret-host:5432 refused"}},
        },
    });
    assert_eq!(told, whole);
}

#[tokio::test(start_paused = true)]
async fn microprofiles_shape() {
    let time = Time::new();
    let (health, _running) = health(&time).await;
    let (kind, told) = told(&health, ResponseFormat::MicroProfile).await;
    assert_eq!(kind, "application/json");
    let whole = json!({
        "status": "UP",
        "checks": [
            {"name": "main-runtime", "status": "UP", "data": {"age": 0.5}},
            {"name": "index", "status": "UP", "data": {"role": "exclusive"}},
            {"name": "mail", "status": "DOWN", "data": {"role": "optional", "message": "secret-host:5432 refused"}},
        ],
    });
    assert_eq!(told, whole);
}

#[tokio::test]
async fn public_words_of_each_shape() {
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
