//! Reports in a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use gusset_data::{MetricData, MetricProducer as _};
use gusset_incident::{Directory, FlightRecorder, Incidents, Report, Trigger, names};
use tempfile::tempdir;

fn incidents(directory: Directory) -> Incidents {
    let recorder = FlightRecorder::builder().build().unwrap();
    Incidents::builder("shop", recorder)
        .limit(Trigger::Manual, 1000, std::time::Duration::from_secs(60))
        .destination(directory)
        .start()
        .unwrap()
}

/// Returns the sum of a counter.
pub(crate) fn counted(incidents: &Incidents, name: &str) -> f64 {
    let metrics = incidents.metrics();
    let metric = metrics.iter().find(|metric| metric.name == *name).unwrap();
    let MetricData::Counter(points) = &metric.data else {
        panic!("{metric:?}")
    };
    points.iter().map(|point| point.value).sum()
}

#[test]
fn report_is_two_files_of_the_owner() {
    let folder = tempdir().unwrap();
    let directory = Directory::new(folder.path().join("new/incidents"));
    let captured = incidents(directory.clone())
        .capture(Trigger::Manual, "test")
        .unwrap();
    let reports = directory.reports();
    assert_eq!(captured.delivered, [reports[0].display().to_string()]);
    let report = Report::from_json(&fs::read_to_string(&reports[0]).unwrap()).unwrap();
    assert_eq!(report.id, captured.id);
    let page = reports[0].with_extension("md");
    assert_eq!(fs::read_to_string(&page).unwrap(), report.to_markdown());
    for file in [&reports[0], &page] {
        assert_eq!(
            fs::metadata(file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn oldest_reports_make_room() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("notes.json"), "not a report").unwrap();
    let directory = Directory::new(folder.path()).max_reports(3);
    let incidents = incidents(directory.clone());
    let ids: Vec<_> = (0..5)
        .map(|_| incidents.capture(Trigger::Manual, "test").unwrap().id)
        .collect();
    let kept = directory.reports();
    assert_eq!(kept.len(), 3);
    let last = ids.last().unwrap();
    assert!(
        kept.iter()
            .any(|path| path.to_string_lossy().contains(&**last))
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        7,
        "other files stay"
    );
}

#[test]
fn bytes_of_all_reports_are_bounded() {
    let folder = tempdir().unwrap();
    let first = incidents(Directory::new(folder.path()));
    let path = first.capture(Trigger::Manual, "test").unwrap().delivered[0].clone();
    let size = fs::metadata(&path).unwrap().len()
        + fs::metadata(path.replace(".json", ".md")).unwrap().len();

    let directory = Directory::new(folder.path()).max_bytes(2 * size + size / 2);
    let incidents = incidents(directory.clone());
    for _ in 0..5 {
        incidents.capture(Trigger::Manual, "test").unwrap();
    }
    assert_eq!(directory.reports().len(), 2);
}

#[test]
fn folder_that_cannot_be_written_is_counted_and_nothing_else() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let incidents = incidents(Directory::new(file.join("incidents")));
    let captured = incidents.capture(Trigger::Manual, "test").unwrap();
    assert_eq!((captured.delivered.len(), captured.failed), (0, 1));
    assert_eq!(counted(&incidents, names::FAILED_DELIVERIES.name), 1.0);
    assert_eq!(counted(&incidents, names::REPORTS.name), 1.0);
}
