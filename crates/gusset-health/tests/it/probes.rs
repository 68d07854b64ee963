//! Responses of probes with and without the token.

use gusset_health::{Health, LocalDependency, OptionalDependency};
use http::{Method, Request};

use crate::support::{SECOND, TestCheck, Time, get, send, text};

const TOKEN: &str = "correct-horse-battery";

fn with_authorization(header: &str) -> Request<()> {
    let request = Request::builder().header("authorization", header);
    request.body(()).unwrap()
}

async fn health() -> (Time, Health, gusset_health::HealthRuntime) {
    let time = Time::new();
    let (down, up) = (TestCheck::default(), TestCheck::default());
    down.down();
    let health = time
        .builder()
        .readiness_check(LocalDependency(up.quick("local-index")))
        .health_check(OptionalDependency(down.quick("mail")))
        .details_token(TOKEN)
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(5 * SECOND).await;
    (time, health, runtime)
}

#[tokio::test(start_paused = true)]
async fn unauthenticated_clients_get_no_details() {
    let (_time, health, _runtime) = health().await;
    let headers = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic correct-horse-battery",
        "Bearer correct-horse-batter",
        "Bearer correct-horse-battery2",
        "correct-horse-battery",
    ];
    for (path, probe) in health.probes() {
        for header in headers {
            let response = send(&probe, &with_authorization(header));
            assert!(!response.headers().contains_key("x-health"), "{path}");
            assert_eq!(
                text(response).await,
                r#"{"status":"pass"}"#,
                "{path} {header}"
            );
        }
        let verbose = Request::builder().uri(format!("{path}?verbose&full=1"));
        let response = send(&probe, &verbose.body(()).unwrap());
        assert_eq!(text(response).await, r#"{"status":"pass"}"#, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn token_unlocks_details() {
    let (_time, health, _runtime) = health().await;
    for scheme in ["Bearer", "bearer"] {
        let response = send(
            &health.healthz(),
            &with_authorization(&format!("{scheme} {TOKEN}")),
        );
        assert_eq!(response.headers()["x-health"], "degraded");
        let body: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(body["status"], "warn");
        assert_eq!(
            body["checks"]["mail"][0]["output"],
            "secret-host:5432 refused"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn details_show_what_affects_the_probe() {
    let (_time, health, _runtime) = health().await;
    for (probe, expected) in [
        (health.livez(), vec!["main-runtime"]),
        (health.readyz(), vec!["local-index", "main-runtime"]),
        (health.startupz(), vec!["local-index"]),
        (
            health.healthz(),
            vec!["local-index", "mail", "main-runtime"],
        ),
    ] {
        let response = send(&probe, &with_authorization(&format!("Bearer {TOKEN}")));
        let body: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
        let mut checks: Vec<_> = body["checks"].as_object().unwrap().keys().collect();
        checks.sort();
        assert_eq!(checks, expected);
    }
}

#[test]
fn kubernetes_probes_are_excluded_by_default() {
    for path in gusset_health::PATHS {
        // A service may have a route of its own below `/health`.
        assert_eq!(
            gusset_http::PathFilter::DEFAULT_EXCLUDED.contains(&path),
            !path.starts_with("/health/") && path != "/health",
            "{path}"
        );
    }
}

#[tokio::test]
async fn head_has_no_body_and_post_is_rejected() {
    let health = Time::new().builder().build().unwrap();
    let method = |method| {
        let request = Request::builder().method(method);
        send(&health.livez(), &request.body(()).unwrap())
    };
    let head = method(Method::HEAD);
    assert_eq!(
        (head.status().as_u16(), text(head).await.as_str()),
        (200, "")
    );
    let post = method(Method::POST);
    assert_eq!(post.status(), 405);
    assert_eq!(post.headers()["allow"], "GET, HEAD");
}

#[tokio::test(start_paused = true)]
async fn public_response_allocates_nothing_per_check() {
    let time = Time::new();
    let mut builder = time.builder();
    let names: Vec<String> = (0..100).map(|n| format!("check-{n}")).collect();
    for name in &names {
        let check = gusset_health::Check::new(name.clone(), async || ());
        builder = builder.readiness_check(LocalDependency(check.initial_jitter(SECOND)));
    }
    let health = builder.build().unwrap();
    let _runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(2 * SECOND).await;
    let probe = health.readyz();
    assert_eq!(get(&probe).status(), 200);
    let request = Request::new(());
    let info = allocation_counter::measure(|| {
        use gusset_http::Endpoint as _;
        let response = probe.answer(gusset_http::RequestHead::from(&request));
        drop(response);
    });
    // Only the header map allocates.
    assert!(info.count_total <= 4, "{info:?}");
}
