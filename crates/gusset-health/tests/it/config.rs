//! Invalid settings: building fails, and the error names the setting.

use std::time::Duration;

use gusset_health::{Check, Env, Health, HealthBuilder, Heartbeat};

use crate::support::SECOND;

fn check() -> Check {
    Check::new("db", async || ())
}

type Case = (&'static str, fn(HealthBuilder) -> HealthBuilder);

const CASES: &[Case] = &[
    ("checks.db.interval", |b| {
        b.health_check(check().interval(Duration::ZERO))
    }),
    ("checks.db.interval", |b| {
        b.health_check(check().interval(Duration::MAX))
    }),
    ("checks.db.timeout", |b| {
        b.health_check(check().timeout(Duration::ZERO))
    }),
    ("checks.db.timeout", |b| {
        b.health_check(check().timeout(Duration::MAX))
    }),
    ("checks.db.failure_threshold", |b| {
        b.health_check(check().failure_threshold(0))
    }),
    ("checks.db.success_threshold", |b| {
        b.health_check(check().success_threshold(0))
    }),
    ("checks.db.min_status_duration", |b| {
        b.health_check(check().min_status_duration(Duration::MAX))
    }),
    ("checks.db.initial_jitter", |b| {
        b.health_check(check().initial_jitter(Duration::MAX))
    }),
    ("checks.db.max_interval", |b| {
        b.health_check(check().max_interval(Duration::MAX))
    }),
    ("checks.db.stale_after", |b| {
        b.health_check(check().stale_after(11 * SECOND))
    }),
    ("checks.db.stale_after", |b| {
        b.health_check(check().stale_after(Duration::MAX))
    }),
    ("checks.db.stale_after", |b| {
        b.health_check(check().timeout(30 * SECOND))
    }),
    ("checks.db", |b| {
        b.health_check(check()).health_check(check())
    }),
    ("checks.", |b| b.health_check(Check::new("", async || ()))),
    ("checks.a b", |b| {
        b.health_check(Check::new("a b", async || ()))
    }),
    ("checks.a\\n", |b| {
        b.health_check(Check::new("a\n", async || ()))
    }),
    ("live_deadline", |b| b.live_deadline(2 * SECOND)),
    ("start_deadline", |b| b.start_deadline(2 * SECOND)),
    ("checks.main-runtime", |b| {
        b.health_check(Check::new("main-runtime", async || ()))
    }),
    ("heartbeat.loop.deadline", |b| {
        b.heartbeat(Heartbeat::new("loop", SECOND))
    }),
    ("heartbeat.a b", |b| {
        b.heartbeat(Heartbeat::new("a b", 60 * SECOND))
    }),
    ("heartbeat.loop", |b| {
        let beat = || Heartbeat::new("loop", 60 * SECOND);
        b.heartbeat(beat()).heartbeat(beat())
    }),
    ("details_token", |b| b.details_token("short")),
    ("details_token", |b| {
        b.details_token("a long token with spaces")
    }),
    ("in_flight_deadline", |b| {
        b.in_flight_deadline(Duration::ZERO)
    }),
    ("in_flight_deadline", |b| b.in_flight_deadline(26 * SECOND)),
    ("in_flight_deadline", |b| {
        b.pre_stop_duration(6 * SECOND)
            .in_flight_deadline(20 * SECOND)
    }),
    ("termination_grace", |b| b.drain_delay(30 * SECOND)),
    ("termination_grace", |b| b.termination_grace(5 * SECOND)),
];

#[test]
fn error_names_the_setting() {
    for (index, (setting, configure)) in CASES.iter().enumerate() {
        let builder = configure(Health::builder().env(Env::from_fn(&|_| None)));
        let error = builder
            .build()
            .expect_err(&format!("case {index}, {setting}"));
        assert_eq!(error.setting(), *setting, "case {index}: {error}");
        assert!(error.to_string().contains(setting), "{error}");
    }
}

#[test]
fn error_shows_the_shutdown_timeouts() {
    let error = Health::builder()
        .env(Env::from_fn(&|_| None))
        .drain_delay(10 * SECOND)
        .in_flight_deadline(20 * SECOND)
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`in_flight_deadline`: pre_stop_duration 0ns, drain_delay 10s and flush_deadline 5s leave \
         15s of the termination_grace of 30s"
    );
}

#[test]
fn second_start_is_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let health = Health::builder().handle_signals(false).build().unwrap();
    let _runtime = health.start().unwrap();
    assert_eq!(health.start().unwrap_err().to_string(), "already started");
}

#[cfg(unix)]
#[test]
fn variables_that_are_not_unicode_are_warned_of() {
    use gusset_testkit::{EventRecorder, with_invalid_variables};

    const VARIABLES: [&str; 2] = ["KUBERNETES_SERVICE_HOST", "NOTIFY_SOCKET"];
    let test = "config::variables_that_are_not_unicode_are_warned_of";
    if !with_invalid_variables(test, &VARIABLES).unwrap() {
        return;
    }
    let log = EventRecorder::new(tracing::Level::WARN);
    log.record(|| {
        let builder = gusset_health::Health::builder();
        #[cfg(feature = "systemd")]
        let builder = builder.systemd();
        builder.build().unwrap();
    });
    let lines = log.lines();
    let expected = if cfg!(feature = "systemd") {
        &VARIABLES[..]
    } else {
        &VARIABLES[..1]
    };
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for variable in expected {
        assert!(
            lines.iter().any(|line| line.contains(variable)),
            "{lines:?}"
        );
    }
}
