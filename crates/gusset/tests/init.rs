//! What `init` makes global. It is alone in its process.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use gusset::GussetBuilder;
use gusset_testkit::SharedOutput;

fn builder(output: &SharedOutput) -> GussetBuilder {
    let out = output.clone();
    gusset::builder()
        .log(|log| log.format(gusset::log::Format::Json).writer(out))
        .without_health()
        .without_management()
}

#[test]
fn init_is_global_and_only_once() {
    let (output, second_output) = (SharedOutput::default(), SharedOutput::default());
    let gusset = builder(&output).init().unwrap();

    // On threads of their own, which have no subscriber or recorder but the global ones.
    let thread = std::thread::spawn(|| {
        tracing::info!("from tracing");
        tracing_log::log::info!("from log");
        metrics::counter!("jobs.done").increment(1);
    });
    thread.join().unwrap();
    let thread = std::thread::spawn(|| panic!("on purpose"));
    assert!(thread.join().is_err());
    assert!(gusset.flush(Duration::from_secs(30)));
    let text = output.text();
    for expected in ["from tracing", "from log", "on purpose"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let page = gusset.telemetry().prometheus().endpoint().render();
    assert!(page.contains("jobs_done_total 1"), "{page}");

    // A second one without a runtime is the first one, and its settings are not used.
    let second = builder(&second_output).init().unwrap();
    assert!(gusset.flush(Duration::from_secs(30)));
    assert!(
        output.text().contains("`gusset` is set up already"),
        "{}",
        output.text()
    );
    assert_eq!(second_output.text(), "");
    metrics::counter!("jobs.done").increment(1);
    let page = second.telemetry().prometheus().endpoint().render();
    assert!(page.contains("jobs_done_total 2"), "{page}");
    // Another one that is not global works beside it.
    let local = builder(&second_output).build_with(|_| None).unwrap();
    tracing::info!("still here");
    assert!(gusset.flush(Duration::from_secs(30)) && local.flush(Duration::from_secs(30)));
    assert!(output.text().contains("still here"));
    assert!(!second_output.text().contains("still here"));
}
