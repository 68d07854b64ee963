//! Which checks affect which probes.

use gusset_health::{LocalDependency, OptionalDependency, SharedDependency, Status};

use crate::support::{SECOND, TestCheck, Time, status};

#[tokio::test(start_paused = true)]
async fn health_checks_affect_no_probe() {
    let time = Time::new();
    let check = TestCheck::default();
    check.down();
    let health = time
        .builder()
        .health_check(check.quick("plain"))
        .health_check(LocalDependency(check.quick("local")))
        .health_check(SharedDependency(check.quick("shared")))
        .health_check(OptionalDependency(check.quick("optional")))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(5 * SECOND).await;
    for probe in [health.livez(), health.readyz(), health.startupz()] {
        assert_eq!(status(&probe), 200);
    }
    assert_eq!(status(&health.healthz()), 503, "the overall status is down");
}

#[tokio::test(start_paused = true)]
async fn optional_dependency_degrades() {
    let time = Time::new();
    let check = TestCheck::default();
    check.down();
    let health = time
        .builder()
        .health_check(OptionalDependency(check.quick("mail")))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(5 * SECOND).await;
    assert_eq!(health.status(), Status::Degraded);
    assert_eq!(status(&health.healthz()), 200);
}

#[tokio::test(start_paused = true)]
async fn shared_dependency_can_affect_readiness() {
    let time = Time::new();
    let check = TestCheck::default();
    check.down();
    let health = time
        .builder()
        .readiness_check(SharedDependency(check.quick("db")))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(5 * SECOND).await;
    assert_eq!(status(&health.readyz()), 503);
    assert_eq!(status(&health.livez()), 200);
}

#[test]
fn only_shared_dependency_in_readiness_warns() {
    let count_warnings = |shared: bool| {
        let warnings = gusset_testkit::EventRecorder::new(tracing::Level::WARN);
        warnings.record(|| {
            let time = Time::new();
            let check = TestCheck::default().quick("db");
            let builder = match shared {
                true => time.builder().readiness_check(SharedDependency(check)),
                false => time
                    .builder()
                    .readiness_check(LocalDependency(check))
                    .health_check(SharedDependency(TestCheck::default().quick("other"))),
            };
            builder.build().unwrap();
        });
        warnings.events().len()
    };
    assert_eq!((count_warnings(true), count_warnings(false)), (1, 0));
}
