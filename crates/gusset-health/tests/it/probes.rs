//! What a probe answers, and to whom.

use gusset_health::{Health, LocalDependency, OptionalDependency};
use http::{Method, Request};

use crate::support::{Dial, SECOND, Time, ask, get, text};

const TOKEN: &str = "correct-horse-battery";

fn with(header: &str) -> Request<()> {
    let request = Request::builder().header("authorization", header);
    request.body(()).unwrap()
}

async fn health() -> (Time, Health, gusset_health::HealthRuntime) {
    let time = Time::new();
    let (down, up) = (Dial::default(), Dial::default());
    down.down();
    let health = time
        .builder()
        .readiness_check(LocalDependency(up.quick("local-index")))
        .health_check(OptionalDependency(down.quick("mail")))
        .details_token(TOKEN)
        .build()
        .unwrap();
    let running = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(5 * SECOND).await;
    (time, health, running)
}

#[tokio::test(start_paused = true)]
async fn strangers_are_told_pass_or_fail_and_nothing_else() {
    let (_time, health, _running) = health().await;
    let strangers = [
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
        for stranger in strangers {
            let answer = ask(&probe, &with(stranger));
            assert!(!answer.headers().contains_key("x-health"), "{path}");
            assert_eq!(
                text(answer).await,
                r#"{"status":"pass"}"#,
                "{path} {stranger}"
            );
        }
        let verbose = Request::builder().uri(format!("{path}?verbose&full=1"));
        let answer = ask(&probe, &verbose.body(()).unwrap());
        assert_eq!(text(answer).await, r#"{"status":"pass"}"#, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_brings_the_token_is_told_all() {
    let (_time, health, _running) = health().await;
    for scheme in ["Bearer", "bearer"] {
        let answer = ask(&health.healthz(), &with(&format!("{scheme} {TOKEN}")));
        assert_eq!(answer.headers()["x-health"], "degraded");
        let told: serde_json::Value = serde_json::from_str(&text(answer).await).unwrap();
        assert_eq!(told["status"], "warn");
        assert_eq!(
            told["checks"]["mail"][0]["output"],
            "secret-host:5432 refused"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn each_probe_tells_of_what_it_rests_on() {
    let (_time, health, _running) = health().await;
    for (probe, rests_on) in [
        (health.livez(), vec!["main-runtime"]),
        (health.readyz(), vec!["local-index", "main-runtime"]),
        (health.startupz(), vec!["local-index"]),
        (
            health.healthz(),
            vec!["local-index", "mail", "main-runtime"],
        ),
    ] {
        let answer = ask(&probe, &with(&format!("Bearer {TOKEN}")));
        let told: serde_json::Value = serde_json::from_str(&text(answer).await).unwrap();
        let mut checks: Vec<_> = told["checks"].as_object().unwrap().keys().collect();
        checks.sort();
        assert_eq!(checks, rests_on);
    }
}

#[test]
fn all_paths_of_probes_are_left_out_of_traffic_by_convention() {
    for path in gusset_health::PATHS {
        assert!(
            gusset_http::PathFilter::DEFAULT_EXCLUDED.contains(&path),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_head_has_no_body_and_other_methods_are_refused() {
    let health = Time::new().builder().build().unwrap();
    let method = |method| {
        let request = Request::builder().method(method);
        ask(&health.livez(), &request.body(()).unwrap())
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
async fn a_public_answer_takes_few_allocations_at_a_hundred_checks() {
    let time = Time::new();
    let mut builder = time.builder();
    let names: Vec<String> = (0..100).map(|n| format!("check-{n}")).collect();
    for name in &names {
        let check = gusset_health::Check::new(name.clone(), async || ());
        builder = builder.readiness_check(LocalDependency(check.initial_jitter(SECOND)));
    }
    let health = builder.build().unwrap();
    let _running = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(2 * SECOND).await;
    let probe = health.readyz();
    assert_eq!(get(&probe).status(), 200);
    let request = Request::new(());
    let info = allocation_counter::measure(|| {
        use gusset_http::Endpoint as _;
        let answer = probe.answer(gusset_http::RequestHead::from(&request));
        drop(answer);
    });
    // The map of headers, and nothing for the checks.
    assert!(info.count_total <= 4, "{info:?}");
}
