//! Descriptors that leak.

use std::fs::File;
use std::time::{Duration, SystemTime};

use gusset_core::Clock;
use gusset_data::{Metric, MetricData, NumberDataPoint};
use gusset_diagnose::{Diagnoser, HistorySource, Hold, Reading, Thresholds};
use gusset_history::History;
use gusset_system::SystemReader;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::readings::{Readings, assert_named};

fn open() -> File {
    File::open("/dev/null").unwrap()
}

/// Sets the soft limit of descriptors, until it is dropped.
struct SoftLimit(Rlimit);

impl SoftLimit {
    fn set(limit: u64) -> Self {
        let before = getrlimit(Resource::Nofile);
        let lower = Rlimit {
            current: Some(limit),
            ..before
        };
        setrlimit(Resource::Nofile, lower).unwrap();
        Self(before)
    }
}

impl Drop for SoftLimit {
    fn drop(&mut self) {
        setrlimit(Resource::Nofile, self.0).unwrap();
    }
}

#[test]
fn leaked_descriptors_are_named_before_the_last_one() {
    let mut readings = Readings::new();
    let _limit = SoftLimit::set(1000);
    let mut leaked = Vec::new();
    let diagnosis = readings.at_given_times(|_| {
        let missing = 700 + leaked.len() / 10 - leaked.len().min(700);
        leaked.extend((0..missing).map(|_| open()));
    });
    assert_named(&diagnosis, "files.limit");
    // There is one left.
    open();
}

#[test]
fn leak_of_descriptors_is_named_hours_before() {
    let _alone = Readings::new();
    let _limit = SoftLimit::set(4000);
    let history = History::builder().build().unwrap();
    let source = HistorySource::new(history.clone());
    let mut diagnoser = Diagnoser::new(Thresholds::default(), Hold::new(3, 5, 3)).unwrap();
    let mut reader = SystemReader::new();
    let start = Clock::system().now();
    let mut leaked = Vec::new();
    let mut first = None;
    // An hour at ten seconds, and two more minutes.
    for reading in 0..372_u64 {
        leaked.push(open());
        let mut snapshot = reader.snapshot();
        let time = Duration::from_secs(10 * reading);
        snapshot.time = time;
        let gauge = |name: &'static str, value: Option<u64>| Metric {
            name: name.into(),
            unit: "".into(),
            description: "".into(),
            data: MetricData::Gauge(vec![NumberDataPoint {
                labels: [].into(),
                start: SystemTime::UNIX_EPOCH,
                value: value.unwrap() as f64,
            }]),
        };
        let files = gauge(
            "process.unix.file_descriptor.count",
            snapshot.process.open_files,
        );
        let memory = gauge("process.memory.usage", Some(100 << 20));
        history.record(start + time, vec![files, memory]);
        let mut reading = Reading::from(snapshot);
        source.fill(start + time, &mut reading);
        let diagnosis = diagnoser.observe(reading);
        if diagnosis.finding("files.growth").is_some() {
            first.get_or_insert((time, diagnosis));
        }
    }
    let (time, diagnosis) = first.expect("the leak is named");
    assert!(time < Duration::from_secs(3600), "{time:?}");
    assert_named(&diagnosis, "files.growth");
    // Six a minute of 4000: more than nine hours.
    let evidence = diagnosis.finding("files.growth").unwrap().evidence[0];
    assert!(evidence.value > 8.0 * 3600.0, "{evidence}");
}
