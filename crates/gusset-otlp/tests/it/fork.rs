//! A child that is created by `fork()` after the start.
//!
//! It is forked in a process of its own, which runs no other tests.

use std::process::Command;
use std::time::Duration;

use gusset_data::SpanSink as _;
use gusset_otlp::{OtlpPipeline, Signal};
use tokio::time::Instant;

use crate::receiver::Receiver;
use crate::support::{TEST_TIMEOUT, build_fast, span};

/// Set in the process that forks: the URL of the receiver.
const URL: &str = "GUSSET_OTLP_TEST_FORK_URL";

/// Starts a pipeline with a queued span, which only a flush exports.
fn loaded_pipeline(url: &str) -> OtlpPipeline {
    let hour = [("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
    let pipeline = build_fast(OtlpPipeline::builder().endpoint(url), &hour);
    pipeline.span_sink().export(span("parent"));
    pipeline
}

/// Ends the pipeline of the parent in the child. Returns whether the child did not wait.
fn ends_at_once(mut flushed: OtlpPipeline, async_shut_down: OtlpPipeline, url: &str) -> bool {
    let start = Instant::now();
    flushed.span_sink().export(span("child"));
    let report = flushed.flush(TEST_TIMEOUT);
    let incomplete = !report.completed_in_time() && report.counts(Signal::Traces).exported == 0;
    drop(flushed);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let report = runtime
        .unwrap()
        .block_on(async_shut_down.shutdown_async(TEST_TIMEOUT));
    let at_once = start.elapsed() < Duration::from_secs(5);
    // A pipeline of its own works.
    let own = build_fast(OtlpPipeline::builder().endpoint(url), &[]);
    own.span_sink().export(span("own"));
    let own = own.shutdown(TEST_TIMEOUT);
    incomplete && at_once && !report.completed_in_time() && own.counts(Signal::Traces).exported == 1
}

#[test]
fn forked_child_does_not_wait() {
    if let Ok(url) = std::env::var(URL) {
        let (first, second) = (loaded_pipeline(&url), loaded_pipeline(&url));
        match fork::fork().unwrap() {
            fork::Fork::Child => {
                let code = i32::from(!ends_at_once(first, second, &url));
                std::process::exit(code);
            }
            fork::Fork::Parent(child) => assert_eq!(fork::waitpid(child).unwrap(), 0),
        }
        for pipeline in [first, second] {
            let report = pipeline.shutdown(TEST_TIMEOUT);
            assert_eq!(report.counts(Signal::Traces).exported, 1, "{report}");
        }
        return;
    }
    let receiver = Receiver::start();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "fork::forked_child_does_not_wait"])
        .env(URL, receiver.url())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let spans = receiver.spans();
    let mut names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["own", "parent", "parent"]);
}
