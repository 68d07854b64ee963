//! The example that plays Kubernetes: the order of its time line.

use std::process::Command;

use crate::process::{Process, example};

/// Of each line, what it says.
async fn played(args: &[&str]) -> (Option<i32>, Vec<String>) {
    let mut kubelet = Process::start(Command::new(example("kubelet")).args(args)).unwrap();
    let code = kubelet.ended().await.code();
    let printed = kubelet.printed();
    let said = |line: &str| line.split_once(" s  ").map(|(_, said)| said.to_owned());
    (code, printed.lines().filter_map(said).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_is_deleted_is_not_ready_first_then_hears_no_more_then_closes_then_ends() {
    // A drain that is long beside the spread: the order is certain.
    let (code, lines) = played(&["--drain", "6", "--spread", "1", "--stay", "1"]).await;
    let order = [
        "the container is started",
        "the startup probe passes",
        "the readiness probe passes",
        "traffic is sent",
        "the liveness probe has passed all the while",
        "the pod is deleted: SIGTERM",
        "it is not ready",
        "the last sender knows: no traffic any more",
        "its listener is closed",
        "it ended by itself, with exit code Some(0)",
    ];
    for (line, wanted) in lines.iter().zip(order) {
        assert!(line.starts_with(wanted), "{wanted}: {lines:#?}");
    }
    let [.., last] = &lines[order.len()..] else {
        panic!("{lines:#?}");
    };
    assert!(last.ends_with(" requests sent, 0 lost"), "{lines:#?}");
    assert_eq!(code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_does_not_drain_loses_what_is_sent_until_the_last_sender_knows() {
    let (code, lines) = played(&["--drain", "0", "--spread", "3", "--stay", "1"]).await;
    let last = lines.last().cloned().unwrap_or_default();
    assert!(
        last.contains(" requests sent, ") && !last.ends_with(" 0 lost"),
        "{lines:#?}"
    );
    assert!(
        lines.iter().any(|line| line.ends_with("exit code Some(0)")),
        "{lines:#?}"
    );
    assert_eq!(code, Some(1));
}
