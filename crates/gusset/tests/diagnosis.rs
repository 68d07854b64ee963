//! The diagnosis, wired up by the builder.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use gusset::diagnose::{Levels, Thresholds};
use gusset::system::{Snapshot, Source};
use gusset::{Gusset, GussetBuilder};

fn builder() -> GussetBuilder {
    let builder = gusset::builder().log(|log| log.writer(std::io::sink()));
    builder.without_health().without_management()
}

/// Nearly uses up the descriptors.
struct Descriptors;

impl Source for Descriptors {
    fn read(&mut self, snapshot: &mut Snapshot) {
        snapshot.process.open_files = Some(800);
        snapshot.process.open_files_limit = Some(1000);
    }
}

/// Takes the readings of the hold.
fn sample(gusset: &Gusset) {
    for _ in 0..3 {
        gusset.system().unwrap().sample();
    }
}

fn severity(gusset: &Gusset) -> Option<&'static str> {
    let diagnosis = gusset.diagnosis().unwrap();
    let finding = diagnosis.finding("files.limit");
    finding.map(|finding| finding.severity.as_str())
}

#[test]
fn finding_is_shown_and_measured() {
    let gusset = builder().system(|system| system.source(Descriptors));
    let gusset = gusset.build_with(|_| None).unwrap();
    assert_eq!(severity(&gusset), None, "it has to hold");
    sample(&gusset);
    assert_eq!(severity(&gusset), Some("warning"));
    let page = gusset.telemetry().prometheus().endpoint().render();
    let series = "gusset_diagnosis_active{gusset_diagnosis_finding=\"files.limit\"} 1\n";
    assert!(page.contains(series), "{page}");
}

#[test]
fn thresholds_are_those_of_the_service() {
    let mut thresholds = Thresholds::default();
    thresholds.open_files = Levels::new(0.5, 0.75);
    let gusset = builder()
        .system(|system| system.source(Descriptors))
        .diagnosis(move |diagnosis| diagnosis.thresholds(thresholds));
    let gusset = gusset.build_with(|_| None).unwrap();
    sample(&gusset);
    assert_eq!(severity(&gusset), Some("critical"));
}

#[test]
fn diagnosis_needs_readings_and_history() {
    for builder in [
        builder().without_diagnosis(),
        builder().without_system(),
        builder().without_history(),
        builder().without_metrics(),
    ] {
        let gusset = builder.build_with(|_| None).unwrap();
        assert!(gusset.diagnosis().is_none());
    }
    assert!(gusset::disabled().diagnosis().is_none());
}

#[test]
fn wrong_threshold_fails_at_start() {
    let mut thresholds = Thresholds::default();
    thresholds.open_files = Levels::new(0.9, 0.5);
    let gusset = builder().diagnosis(move |diagnosis| diagnosis.thresholds(thresholds));
    let error = gusset.build_with(|_| None).unwrap_err();
    assert!(error.to_string().contains("`open_files`"), "{error}");
}
