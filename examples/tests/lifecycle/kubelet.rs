//! The timeline of the example `kubelet`.

use std::process::Command;

use crate::process::{Process, example};

/// Runs the example. Returns its exit code and the events of its timeline.
async fn run(args: &[&str]) -> (Option<i32>, Vec<String>) {
    let mut kubelet = Process::start(Command::new(example("kubelet")).args(args)).unwrap();
    let code = kubelet.exit_status().await.code();
    let output = kubelet.stdout();
    let event = |line: &str| line.split_once(" s  ").map(|(_, event)| event.to_owned());
    (code, output.lines().filter_map(event).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drained_pod_loses_no_request() {
    // The drain delay is much longer than the spread, which fixes the order of events.
    let (code, events) = run(&["--drain", "6", "--spread", "1", "--stay", "1"]).await;
    let expected = [
        "container started",
        "startup probe passed",
        "readiness probe passed",
        "traffic started",
        "liveness probe passed throughout",
        "pod deleted: SIGTERM sent",
        "readiness probe failed",
        "traffic stopped",
        "listener closed",
        "process exited with code 0",
    ];
    for (event, expected) in events.iter().zip(expected) {
        assert!(event.starts_with(expected), "{expected}: {events:#?}");
    }
    let [.., last] = &events[expected.len()..] else {
        panic!("{events:#?}");
    };
    assert!(last.ends_with(" requests sent, 0 lost"), "{events:#?}");
    assert_eq!(code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pod_without_drain_loses_requests() {
    let (code, events) = run(&["--drain", "0", "--spread", "3", "--stay", "1"]).await;
    let last = events.last().cloned().unwrap_or_default();
    assert!(
        last.contains(" requests sent, ") && !last.ends_with(" 0 lost"),
        "{events:#?}"
    );
    assert!(
        events
            .iter()
            .any(|event| event == "process exited with code 0"),
        "{events:#?}"
    );
    assert_eq!(code, Some(1));
}
