//! Who decides on what.

use gusset_health::{LocalDependency, OptionalDependency, SharedDependency, Status};

use crate::support::{Dial, SECOND, Time, status};

#[tokio::test(start_paused = true)]
async fn what_informs_decides_on_no_probe() {
    let time = Time::new();
    let dial = Dial::default();
    dial.down();
    let health = time
        .builder()
        .health_check(dial.quick("plain"))
        .health_check(LocalDependency(dial.quick("exclusive")))
        .health_check(SharedDependency(dial.quick("shared")))
        .health_check(OptionalDependency(dial.quick("optional")))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(5 * SECOND).await;
    for probe in [health.livez(), health.readyz(), health.startupz()] {
        assert_eq!(status(&probe), 200);
    }
    assert_eq!(status(&health.healthz()), 503, "up, but not able to serve");
}

#[tokio::test(start_paused = true)]
async fn an_optional_dependency_that_is_down_degrades() {
    let time = Time::new();
    let dial = Dial::default();
    dial.down();
    let health = time
        .builder()
        .health_check(OptionalDependency(dial.quick("mail")))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(5 * SECOND).await;
    assert_eq!(health.status(), Status::Degraded);
    assert_eq!(status(&health.healthz()), 200);
}

#[tokio::test(start_paused = true)]
async fn a_shared_dependency_that_was_opted_in_decides_on_readiness() {
    let time = Time::new();
    let dial = Dial::default();
    dial.down();
    let health = time
        .builder()
        .readiness_check(SharedDependency(dial.quick("db")))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(5 * SECOND).await;
    assert_eq!(status(&health.readyz()), 503);
    assert_eq!(status(&health.livez()), 200);
}

#[test]
fn a_shared_dependency_in_readiness_warns_and_no_other_does() {
    let warnings = |shared: bool| {
        let warned = crate::support::Warnings::default();
        tracing::subscriber::with_default(warned.clone(), || {
            let time = Time::new();
            let check = Dial::default().quick("db");
            let builder = match shared {
                true => time.builder().readiness_check(SharedDependency(check)),
                false => time
                    .builder()
                    .readiness_check(LocalDependency(check))
                    .health_check(Shared(Dial::default().quick("other"))),
            };
            builder.build().unwrap();
        });
        warned.count()
    };
    assert_eq!((warnings(true), warnings(false)), (1, 0));
}
