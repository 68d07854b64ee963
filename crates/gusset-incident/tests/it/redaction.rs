//! Secrets in every place of a report.

use std::fs;
use std::time::Duration;

use gusset_data::{LogSink as _, Redaction, Severity, SharedStr, StateTree};
use gusset_incident::{
    BlackBox, BlackBoxWriter, Directory, FlightRecorder, Incidents, Report, Trigger, previous_runs,
};
use gusset_system::Snapshot;
use tempfile::tempdir;

use crate::support::{log, run};

/// A secret that each place has in its own form: by a key, by the credentials of a URL, by a pattern of the service.
const SECRET: &str = "s3cretvalue";

const URL: &str = "amqp://me:s3cretvalue@queue/orders";

fn redaction() -> Redaction {
    Redaction::default().pattern("card-[a-z0-9]+").unwrap()
}

fn card() -> String {
    format!("card-{SECRET}")
}

/// Returns a recorder with secrets in records and changes.
fn recorder() -> FlightRecorder {
    let recorder = FlightRecorder::builder().build().unwrap();
    for body in [URL, &card(), "Authorization: Bearer s3cretvalue"] {
        let mut record = log(Severity::Error, body);
        record.attributes = vec![
            ("password".into(), SECRET.into()),
            ("db.url".into(), URL.into()),
            (
                "urls".into(),
                vec![SharedStr::from(URL), SharedStr::from(card())].into(),
            ),
        ];
        record.scope = SharedStr::from(card());
        recorder.export(record);
    }
    recorder.record_change("setting db.password", SECRET);
    recorder.record_change(URL, card());
    run(&recorder, "/go/card-s3cretvalue", "/500");
    recorder
}

fn settings() -> StateTree {
    StateTree::fields([
        ("api_key", SECRET.into()),
        (
            "database",
            StateTree::list([StateTree::fields([("url", URL.into())])]),
        ),
        ("credentials", StateTree::fields([("user", SECRET.into())])),
        ("card", card().into()),
    ])
}

#[track_caller]
fn assert_clean(text: &str) {
    let lines = text.lines().filter(|line| line.contains(SECRET));
    assert_eq!(lines.collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(text.contains("REDACTED"), "it was looked at");
}

#[test]
fn no_secret_is_in_any_report() {
    let place = tempdir().unwrap();
    let incidents = Incidents::builder("shop", recorder())
        .redaction(redaction())
        .section("settings", settings)
        .section("token", || SECRET.into())
        .build_fact("client_secret", SECRET)
        .task_dump(|| format!("task of {} at {URL}", card()))
        .destination(Directory::new(place.path()))
        .start()
        .unwrap();
    let captured = incidents.capture(Trigger::Manual, format!("connect to {URL} with {}", card()));
    let json = fs::read_to_string(&captured.unwrap().delivered[0]).unwrap();
    assert_clean(&json);
    let report = Report::from_json(&json).unwrap();
    assert_clean(&report.to_markdown());
    assert!(!report.summary().contains(SECRET), "{}", report.summary());
    for kept in fs::read_dir(place.path()).unwrap() {
        assert_clean(&fs::read_to_string(kept.unwrap().path()).unwrap());
    }
}

#[test]
fn no_secret_is_in_the_report_of_the_run_before() {
    let (folder, place) = (tempdir().unwrap(), tempdir().unwrap());
    let before = FlightRecorder::builder().build().unwrap();
    let file = BlackBox::builder("shop").create(folder.path()).unwrap();
    let writer = BlackBoxWriter::start(&before, file, Duration::from_secs(3600)).unwrap();
    before.export(log(Severity::Error, URL));
    before.export(log(Severity::Error, &card()));
    before.record_change("db.password", SECRET);
    drop((writer, before));

    let incidents = Incidents::builder("shop", FlightRecorder::builder().build().unwrap())
        .redaction(redaction())
        .destination(Directory::new(place.path()))
        .start()
        .unwrap();
    let runs = previous_runs(folder.path(), "shop");
    let (_, captured) = incidents.report_previous_run(&runs[0], &Snapshot::default());
    assert_clean(&fs::read_to_string(&captured.delivered[0]).unwrap());
}
