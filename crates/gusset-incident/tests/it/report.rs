//! The format, its schema, and the page for people.

use std::time::{Duration, SystemTime};

use gusset_core::SpanIds;
use gusset_data::{LogSink as _, Severity, ShowState, StateTree};
use gusset_incident::{
    BlackBox, BlackBoxWriter, FlightRecorder, Incidents, Report, Trigger, previous_runs,
};
use gusset_system::Snapshot;
use tempfile::tempdir;

use crate::support::{call, log, poll, run};

/// Returns a recorder that has something of everything.
pub(crate) fn full_recorder() -> FlightRecorder {
    let recorder = FlightRecorder::builder().build().unwrap();
    run(&recorder, "/items/{id}", "/items/200");
    let ids = SpanIds::new([7; 16], [8; 8], true);
    let mut failed = ids.scope(|| call(&recorder, "/items/{id}", "/items/500"));
    assert!(poll(&mut failed));
    recorder.export(log(Severity::Warn, "stock is slow"));
    recorder.record_change("breaker stock", "open");
    let mut now = Snapshot::default();
    now.time = Duration::from_secs(10);
    now.taken_at = Some(SystemTime::now());
    now.process.resident = Some(64 << 20);
    now.cgroup.memory_events.oom_kills = Some(0);
    recorder.record_snapshot(&Snapshot::default(), &now);
    recorder
}

fn health() -> impl ShowState {
    || {
        StateTree::fields([
            ("phase", "ready".into()),
            ("age", None::<f64>.into()),
            (
                "checks",
                StateTree::list(["db".into(), true.into(), 1.5.into()]),
            ),
        ])
    }
}

fn full_report() -> Report {
    let recorder = full_recorder();
    let mut waiting = call(&recorder, "/wait", "/wait");
    assert!(!poll(&mut waiting));
    let incidents = Incidents::builder("shop", recorder)
        .section("health", health())
        .build_fact("version", "1.2.3")
        .task_dump(|| "import: waits".to_owned())
        .start()
        .unwrap();
    incidents.report(Trigger::Manual, "an operator wants to see it")
}

fn previous_report() -> Report {
    let folder = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let file = BlackBox::builder("shop").create(folder.path()).unwrap();
    let never = Duration::from_secs(3600);
    let writer = BlackBoxWriter::start(&recorder, file, never).unwrap();
    recorder.export(log(Severity::Error, "no stock: 7"));
    recorder.record_change("breaker stock", "open");
    recorder.record_snapshot(&Snapshot::default(), &Snapshot::default());
    run(&recorder, "/items/{id}", "/items/500");
    let mut waiting = call(&recorder, "/wait", "/wait");
    assert!(!poll(&mut waiting));
    writer.write_now();
    drop((writer, recorder, waiting));

    let place = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let incidents = Incidents::builder("shop", recorder)
        .destination(gusset_incident::Directory::new(place.path()))
        .start()
        .unwrap();
    let runs = previous_runs(folder.path(), "shop");
    let (_, captured) = incidents.report_previous_run(&runs[0], &Snapshot::default());
    Report::from_json(&std::fs::read_to_string(&captured.delivered[0]).unwrap()).unwrap()
}

fn schema() -> serde_json::Value {
    let text = include_str!("../../schema/incident-v1.schema.json");
    serde_json::from_str(text).unwrap()
}

#[track_caller]
fn assert_valid(report: &Report) {
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    if let Err(error) = validated(&json) {
        panic!("{error}\n{json:#}");
    }
}

fn validated(json: &serde_json::Value) -> Result<(), String> {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let place = "urn:gusset:incident:v1";
    compiler.add_resource(place, schema()).unwrap();
    let index = compiler.compile(place, &mut schemas).unwrap();
    let valid = schemas.validate(json, index);
    valid.map_err(|error| error.to_string())
}

#[test]
fn every_report_follows_the_schema() {
    let recorder = FlightRecorder::builder().build().unwrap();
    let incidents = Incidents::builder("shop", recorder).start().unwrap();
    let empty = incidents.report(Trigger::Custom("queue_full"), "");
    for report in [full_report(), empty, previous_report()] {
        assert_valid(&report);
    }
}

#[test]
fn schema_admits_nothing_else() {
    let valid: serde_json::Value = serde_json::from_str(&full_report().to_json()).unwrap();
    for place in [
        "",
        "/service",
        "/calls",
        "/calls/recent/0",
        "/calls/active/0",
        "/logs/0",
        "/changes/0",
        "/totals/0",
        "/readings/0/values",
        "/sections/0",
    ] {
        let mut changed = valid.clone();
        let object = changed.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.insert("other".to_owned(), 1.into());
        assert!(validated(&changed).is_err(), "{place} has one more");
        let mut changed = valid.clone();
        let object = changed.pointer_mut(place).unwrap().as_object_mut().unwrap();
        let first = object.keys().next().unwrap().clone();
        object.remove(&first);
        assert!(validated(&changed).is_err(), "{place} lacks {first}");
    }
}

#[test]
fn report_is_read_as_it_was_written() {
    let report = full_report();
    let json = report.to_json();
    let read = Report::from_json(&json).unwrap();
    assert_eq!(read, report);
    assert_eq!(read.to_json(), json, "in the same order");
    assert!(
        json.starts_with("{\n  \"format\": \"incident/v1\",\n  \"id\": "),
        "{json}"
    );
}

#[test]
fn other_formats_are_errors() {
    for (text, problem) in [
        ("{", "EOF"),
        ("{}", "the format is none and not incident/v1"),
        (
            r#"{"format":"incident/v2"}"#,
            "the format is incident/v2 and not incident/v1",
        ),
        (r#"{"format":"incident/v1"}"#, "missing field"),
    ] {
        let error = Report::from_json(text).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn report_has_what_the_recorder_has() {
    let report = full_report();
    assert_eq!(report.calls.kept, 2);
    let failed = &report.calls.failed[0];
    assert_eq!(
        (failed.route.as_str(), failed.status.as_deref()),
        ("/items/{id}", Some("500"))
    );
    assert_eq!(
        failed.trace_id.as_deref(),
        Some("07070707070707070707070707070707")
    );
    assert_eq!(report.calls.active[0].route, "/wait");
    assert_eq!((report.totals[0].calls, report.totals[0].errors), (2, 1));
    assert_eq!(report.readings[0].values.resident, Some(64 << 20));
    assert_eq!(report.changes[0].state, "open");
    assert_eq!(report.logs[0].body, "stock is slow");
    assert_eq!(report.tasks.as_deref(), Some("import: waits"));
    assert_eq!(report.service.build.get("version"), Some(&"1.2.3".into()));
    assert_eq!(report.missing, Vec::<String>::new());
}

#[test]
fn page_has_every_part_in_order() {
    let page = full_report().to_markdown();
    let parts = [
        "# shop: manual\n\nan operator wants to see it\n",
        "\n## Health\n\n```text\nphase: ready\nage: unknown\nchecks:\n  - db\n  - true\n  - 1.5\n```\n",
        "\n## The last minute\n\n| until | calls | errors | cancelled | slowest |\n",
        "\ncalls              ▁▁▁▁▁▁▁▁▁▁▁█ 2 (greatest 2)\n",
        "\n## The system\n",
        "\nresident           █ 64 MiB (greatest 64 MiB)\n",
        "\n## Slowest calls\n\nOf the last 2 calls.\n",
        "\n## Failed calls\n",
        "| GET /items/{id} | 500 | server\\_error | ",
        "| 07070707070707070707070707070707 |\n",
        "\n## Calls under way\n",
        "| GET /wait | ",
        "\n## Changes of state\n",
        "| breaker stock | open |\n",
        "\n## Log\n\nThe last 1 of 1 records.\n\n```text\n",
        " WARN  shop::orders: stock is slow\n",
        "\n## Tasks\n\n```text\nimport: waits\n```\n",
        "\n## Build\n\n```text\nversion: 1.2.3\n",
    ];
    let mut rest = page.as_str();
    for part in parts {
        let Some(at) = rest.find(part) else {
            panic!("{part:?} in {rest}");
        };
        rest = &rest[at..];
    }
    assert!(!page.contains("Missing"), "{page}");
}

#[test]
fn previous_run_has_its_last_entries() {
    let report = previous_report();
    assert_eq!(report.trigger, "previous_run");
    assert!(report.detail.contains("by killed: "), "{}", report.detail);
    assert_eq!(
        (
            report.logs[0].severity.as_str(),
            report.logs[0].body.as_str()
        ),
        ("ERROR", "no stock: 7")
    );
    assert_eq!(report.changes[0].what, "breaker stock");
    assert_eq!(report.totals[0].errors, 1);
    assert_eq!(report.calls.active[0].route, "/wait");
    assert_eq!(report.readings.len(), 1);
    assert!(report.to_markdown().contains("## Missing in this report"));
}
