//! Texts of checks and of the life cycle are shown without their secrets.

use std::time::Duration;

use gusset_data::Redaction;
use gusset_health::{Check, CheckResult, Health, HealthRuntime, ResponseFormat};
use http::Request;

use crate::support::{SECOND, Time, send, text};

const TOKEN: &str = "correct-horse-battery";
const FORMATS: [ResponseFormat; 3] = [
    ResponseFormat::HealthJson,
    ResponseFormat::Spring,
    ResponseFormat::MicroProfile,
];

async fn start(
    time: &Time,
    result: impl Fn() -> CheckResult + Send + Sync + 'static,
    redaction: Redaction,
) -> (Health, HealthRuntime) {
    let check = Check::sync("db", result).initial_jitter(Duration::ZERO);
    let builder = time.builder().details_token(TOKEN).redaction(redaction);
    let health = builder.health_check(check).build().unwrap();
    let runtime = health.start().unwrap();
    time.pass(SECOND).await;
    (health, runtime)
}

async fn details(health: &Health, format: ResponseFormat) -> String {
    let request = Request::builder().header("authorization", format!("Bearer {TOKEN}"));
    let probe = health.healthz().with_response_format(format);
    text(send(&probe, &request.body(()).unwrap())).await
}

#[tokio::test(start_paused = true)]
async fn messages_of_checks_are_redacted() {
    let time = Time::new();
    let results: [fn() -> CheckResult; 3] = [
        || CheckResult::down("cannot connect to postgres://me:hunter2@db/orders"),
        || CheckResult::degraded("401 for authorization: Bearer hunter2"),
        || Err::<(), _>("redis://:hunter2@cache refused").into(),
    ];
    for result in results {
        let (health, _runtime) = start(&time, result, Redaction::default()).await;
        for format in FORMATS {
            let body = details(&health, format).await;
            assert!(!body.contains("hunter2"), "{body}");
            assert!(body.contains("REDACTED"), "{body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn texts_of_the_life_cycle_are_redacted() {
    let time = Time::new();
    let (health, _runtime) = start(&time, CheckResult::up, Redaction::default()).await;
    let lifecycle = health.lifecycle();
    lifecycle.report_progress("migrating postgres://me:hunter2@db/orders");
    let body = details(&health, ResponseFormat::HealthJson).await;
    assert!(
        body.contains("migrating postgres://REDACTED@db/orders"),
        "{body}"
    );
    lifecycle.set_unready("stopped with Bearer hunter2");
    let body = details(&health, ResponseFormat::HealthJson).await;
    assert!(
        body.contains("stopped with") && !body.contains("hunter2"),
        "{body}"
    );
}

#[tokio::test(start_paused = true)]
async fn redaction_of_messages_is_configurable() {
    let time = Time::new();
    let result = || CheckResult::down("account 12345678 is locked");
    let redaction = Redaction::default().pattern(r"\d{8}").unwrap();
    let (health, _runtime) = start(&time, result, redaction).await;
    let body = details(&health, ResponseFormat::Spring).await;
    assert!(body.contains("account REDACTED is locked"), "{body}");
}
