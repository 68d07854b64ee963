//! The shutdown of all signals.

use std::io::Write;
use std::time::Duration;

use crate::set_up;

#[cfg(unix)]
#[test]
fn forked_child_does_not_wait() {
    const IS_CHILD: &str = "GUSSET_TEST_IS_CHILD";
    // It forks in a process of its own, which runs no other tests.
    if std::env::var_os(IS_CHILD).is_none() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "shutdown::forked_child_does_not_wait"])
            .env(IS_CHILD, "1")
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "{output}");
        return;
    }
    let env = |name: &str| {
        (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| "http://127.0.0.1:9".to_owned())
    };
    let telemetry = set_up().0.build_with(env).unwrap();
    match fork::fork().unwrap() {
        fork::Fork::Child => {
            let dispatch = telemetry.dispatch().clone();
            gusset_testkit::with_subscriber(dispatch.clone(), || tracing::info!("in the child"));
            let start = tokio::time::Instant::now();
            let _ = telemetry.shutdown(Duration::from_secs(30));
            let at_once = start.elapsed() < Duration::from_secs(5);
            std::process::exit(i32::from(!at_once));
        }
        fork::Fork::Parent(child) => assert_eq!(fork::waitpid(child).unwrap(), 0),
    }
}

/// An output that waits until the channel is closed.
struct StuckOutput(std::sync::mpsc::Receiver<()>);

impl Write for StuckOutput {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn deadline_is_kept_and_entries_not_written_are_reported() {
    let (go, wait) = std::sync::mpsc::channel();
    let telemetry = gusset::telemetry().log(|log| log.writer(StuckOutput(wait)));
    let telemetry = telemetry.build_with(|_| None).unwrap();
    gusset_testkit::with_subscriber(telemetry.dispatch().clone(), || tracing::info!("stuck"));
    let clock = gusset::Clock::system();
    let started = clock.now();
    let report = telemetry.shutdown(Duration::from_millis(1));
    // The log's own deadline would be a second.
    assert!(clock.now() - started < Duration::from_secs(1));
    assert!(report.entries_not_written() >= 1, "{report}");
    assert_eq!(report.dropped(), report.entries_not_written());
    let expected = format!(
        "nothing exported; log entries: {} not written",
        report.dropped()
    );
    assert_eq!(report.to_string(), expected);
    drop(go);
}
