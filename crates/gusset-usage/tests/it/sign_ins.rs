//! Sign-ins.

use std::collections::HashSet;
use std::net::IpAddr;

use gusset_testkit::EventRecorder;
use gusset_usage::{FailureReason, SignIns};
use tracing::Level;

use crate::support::{HOUR, MINUTE, client, scene};

const WRONG: FailureReason = FailureReason::WrongCredentials;

fn worst_account(sign_ins: &SignIns) -> u64 {
    let report = sign_ins.report();
    report.accounts.first().map_or(0, |worst| worst.failures)
}

#[test]
fn outcomes_and_reasons_are_counted() {
    let scene = scene();
    let sign_ins = scene.usage.sign_ins();
    sign_ins.success("ada", client(1));
    sign_ins.failure("ada", client(1), WRONG);
    sign_ins.failure("bob", client(1), WRONG);
    sign_ins.failure("eve", client(2), FailureReason::UnknownAccount);
    let report = sign_ins.report();
    assert_eq!((report.successes, report.failures), (1, 3));
    assert_eq!(report.failure_share(), Some(0.75));
    let expected = [(FailureReason::UnknownAccount, 1), (WRONG, 2)];
    assert_eq!(report.by_reason, expected);
    assert_eq!(report.clients[0].failures, 2);
}

#[test]
fn failures_of_a_half_hour_are_forgotten_after_an_hour() {
    let scene = scene();
    let sign_ins = scene.usage.sign_ins();
    (0..7).for_each(|_| sign_ins.failure("ada", client(1), WRONG));
    scene.time.advance(40 * MINUTE);
    (0..3).for_each(|_| sign_ins.failure("ada", client(1), WRONG));
    assert_eq!(worst_account(sign_ins), 10, "both half hours");
    scene.time.advance(30 * MINUTE);
    assert_eq!(worst_account(sign_ins), 3);
    scene.time.advance(30 * MINUTE);
    assert_eq!(worst_account(sign_ins), 0);
    assert_eq!(sign_ins.report().failure_share(), None);
}

#[test]
fn account_under_attack_is_found_among_many_others() {
    let scene = scene();
    let sign_ins = scene.usage.sign_ins();
    for number in 0..5_000_u32 {
        sign_ins.failure(&number.to_string(), client(number), WRONG);
        if number % 10 == 0 {
            sign_ins.failure("ada", client(number), WRONG);
        }
    }
    let report = sign_ins.report();
    let worst = &report.accounts[0];
    assert!((400..=500).contains(&worst.failures), "{worst:?}");
    assert!(report.accounts[1].failures <= 2, "no other is accused");
    assert!(report.accounts.len() <= 1024);
}

#[test]
fn success_after_many_failures_is_a_warning() {
    let scene = scene();
    let events = EventRecorder::new(Level::INFO);
    events.record(|| {
        (0..9).for_each(|_| scene.usage.sign_ins().failure("ada", client(1), WRONG));
        scene.usage.sign_ins().success("ada", client(1));
        scene.usage.sign_ins().failure("ada", client(1), WRONG);
        scene.usage.sign_ins().success("ada", client(1));
        scene.usage.sign_ins().success("bob", client(1));
    });
    let warnings: Vec<_> = events
        .events()
        .into_iter()
        .filter(|event| event.level == Level::WARN)
        .collect();
    assert_eq!(warnings.len(), 1);
    let message = warnings[0].field("message").unwrap();
    assert!(message.contains("after 10 failures"), "{message}");
}

#[test]
fn log_entry_has_the_names_of_ecs_and_no_account() {
    let scene = scene();
    let events = EventRecorder::new(Level::TRACE);
    let address = IpAddr::from([192, 0, 2, 77]);
    events.record(|| {
        let sign_ins = scene.usage.sign_ins();
        sign_ins.failure("ada@example.org", address, FailureReason::Locked);
        sign_ins.success("ada@example.org", address);
        sign_ins.success("ada@example.org", None::<IpAddr>);
    });
    let [failure, success, without_client] = &events.events()[..] else {
        panic!("one for each")
    };
    let fields = [
        ("event.category", "authentication"),
        ("event.type", "start"),
        ("event.action", "sign-in"),
        ("event.outcome", "failure"),
        ("event.reason", "locked"),
    ];
    for (name, value) in fields {
        assert_eq!(failure.field(name), Some(value));
    }
    assert_eq!(failure.target, "gusset::sign_in");
    assert_eq!(success.field("event.outcome"), Some("success"));
    let hash = failure.field("user.hash").unwrap();
    assert_eq!(hash.len(), 16);
    assert_eq!(success.field("user.hash"), Some(hash));
    assert!(success.field("gusset.client.hash").is_some());
    assert_eq!(without_client.field("gusset.client.hash"), None);
    for line in events.lines() {
        assert!(
            !line.contains("ada") && !line.contains("192.0.2.77"),
            "{line}"
        );
    }
    let state = format!("{:?}", scene.usage.sign_ins().report());
    assert!(!state.contains("ada") && state.contains(hash), "{state}");
}

#[test]
fn hash_of_an_account_changes_each_day() {
    let scene = scene();
    let sign_ins = scene.usage.sign_ins();
    let mut hashes = HashSet::new();
    for _ in 0..3 {
        sign_ins.failure("ada", "ada", WRONG);
        let report = sign_ins.report();
        hashes.insert(report.accounts[0].hash.clone());
        hashes.insert(report.clients[0].hash.clone());
        scene.time.advance(24 * HOUR);
    }
    assert_eq!(
        hashes.len(),
        6,
        "an account and a client of one name differ too"
    );
}
