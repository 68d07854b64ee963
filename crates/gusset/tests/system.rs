//! The readings of the system, wired up by the builder.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::time::Duration;

use gusset::GussetBuilder;
use gusset::system::{Snapshot, Source, SystemSampler};

fn builder() -> GussetBuilder {
    let builder = gusset::builder().log(|log| log.writer(std::io::sink()));
    builder.without_health().without_management()
}

/// Sets one value that no system has.
struct Sessions;

impl Source for Sessions {
    fn read(&mut self, snapshot: &mut Snapshot) {
        snapshot.host.sessions = Some(4711);
    }
}

#[test]
fn readings_are_on_the_page() {
    let gusset = builder()
        .system(|system| system.source(Sessions))
        .build_with(|_| None)
        .unwrap();
    let page = gusset.telemetry().prometheus().endpoint().render();
    assert!(page.contains("\ngusset_system_sessions 4711\n"), "{page}");
    #[cfg(target_os = "linux")]
    for metric in [
        "process_cpu_time_seconds_total{cpu_mode=\"user\"}",
        "process_memory_usage_bytes ",
        "system_cpu_time_seconds_total{cpu_mode=\"idle\"}",
        "gusset_process_cpu_limit ",
    ] {
        assert!(page.contains(&format!("\n{metric}")), "{metric} in {page}");
    }
}

#[test]
fn runtime_of_the_builder_is_read() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .build()
        .unwrap();
    let gusset = runtime.block_on(async { builder().build_with(|_| None).unwrap() });
    let now = gusset.system().unwrap().latest().now;
    assert_eq!(now.runtime.workers, Some(3));
}

#[test]
fn readings_can_be_left_out() {
    for builder in [builder().without_system(), builder().without_metrics()] {
        let gusset = builder.build_with(|_| None).unwrap();
        assert!(gusset.system().is_none());
        let page = gusset.telemetry().prometheus().endpoint().render();
        assert!(!page.contains("process_cpu_time"), "{page}");
    }
    assert!(gusset::disabled().system().is_none());
}

#[test]
fn readings_end_with_the_object() {
    let gusset = builder().build_with(|_| None).unwrap();
    let prometheus = gusset.telemetry().prometheus().clone();
    let sampler: SystemSampler = gusset.system().unwrap().clone();
    drop(gusset);
    let page = prometheus.endpoint().render();
    assert!(!page.contains("process_cpu_time"), "{page}");
    sampler.sample();
}

#[test]
fn invalid_interval_is_an_error_of_the_start() {
    let builder = builder().system(|system| system.interval(Duration::from_millis(1)));
    let error = builder.build_with(|_| None).unwrap_err();
    assert_eq!(error.setting(), Some("interval"));
}

#[cfg(feature = "serde")]
#[test]
fn file_configures_the_readings() {
    let config = |text: &str| toml::from_str::<gusset::Config>(text).unwrap();
    let off = config("[system]\nenabled = false");
    let gusset = builder().config(off).build_with(|_| None).unwrap();
    assert!(gusset.system().is_none());

    let classic = config("[system]\nclassic_names = true\ninterval = '1m'");
    let gusset = builder().config(classic).build_with(|_| None).unwrap();
    let page = gusset.telemetry().prometheus().endpoint().render();
    assert!(
        !cfg!(target_os = "linux") || page.contains("\nprocess_open_fds "),
        "{page}"
    );

    let short = config("[system]\ninterval = '10ms'");
    let error = builder().config(short).build_with(|_| None).unwrap_err();
    assert_eq!(error.setting(), Some("system.interval"));
}
