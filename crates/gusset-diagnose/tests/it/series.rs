//! What the series of a history know of a service.

use std::time::{Duration, Instant, SystemTime};

use gusset_core::Clock;
use gusset_data::{HistogramDataPoint, Labels, Metric, MetricData, NumberDataPoint};
use gusset_diagnose::{GrowingResource, HistorySource, Reading};
use gusset_history::History;
use gusset_system::{Filesystem, Limit, Route};

fn labels(pairs: &[(&'static str, &'static str)]) -> Labels {
    pairs
        .iter()
        .map(|(key, value)| ((*key).into(), (*value).into()))
        .collect()
}

fn metric(name: &'static str, data: MetricData) -> Metric {
    Metric {
        name: name.into(),
        unit: "".into(),
        description: "".into(),
        data,
    }
}

fn gauge(name: &'static str, points: &[(&[(&'static str, &'static str)], f64)]) -> Metric {
    let points = points.iter().map(|(pairs, value)| NumberDataPoint {
        labels: labels(pairs),
        start: SystemTime::UNIX_EPOCH,
        value: *value,
    });
    metric(name, MetricData::Gauge(points.collect()))
}

/// Returns calls that took at most 10 ms, at most 100 ms and at most 1 s.
type Calls = (&'static [(&'static str, &'static str)], [u64; 3]);

fn histogram(name: &'static str, points: &[Calls]) -> Metric {
    let points = points.iter().map(|(pairs, counts)| {
        let [fast, medium, slow] = *counts;
        HistogramDataPoint {
            labels: labels(pairs),
            start: SystemTime::UNIX_EPOCH,
            bounds: [0.01, 0.1, 1.0].into(),
            counts: vec![fast, medium, slow, 0],
            sum: Some(0.01 * fast as f64 + 0.1 * medium as f64 + slow as f64),
            exemplars: Vec::new(),
        }
    });
    metric(name, MetricData::Histogram(points.collect()))
}

struct Readings {
    history: History,
    start: Instant,
}

impl Readings {
    fn new() -> Self {
        Self {
            history: History::builder().build().unwrap(),
            start: Clock::system().now(),
        }
    }

    fn record(&self, second: u64, metrics: Vec<Metric>) {
        self.history.record(self.at(second), metrics);
    }

    fn at(&self, second: u64) -> Instant {
        self.start + Duration::from_secs(second)
    }

    fn fill(&self, second: u64, mut reading: Reading) -> Reading {
        HistorySource::new(self.history.clone()).fill(self.at(second), &mut reading);
        reading
    }
}

#[test]
fn routes_and_dependencies_are_those_of_the_calls() {
    let readings = Readings::new();
    for reading in 0..=3 {
        readings.record(
            10 * reading,
            vec![
                histogram(
                    "http.server.request.duration",
                    &[
                        (&[("http.route", "/a")], [100 * reading, 0, 0]),
                        (
                            &[("error.type", "500"), ("http.route", "/a")],
                            [0, 0, 5 * reading],
                        ),
                        (&[("http.route", "/b")], [10 * reading, 0, 0]),
                    ],
                ),
                histogram(
                    "http.client.request.duration",
                    &[
                        (&[("server.address", "payments")], [0, 100 * reading, 0]),
                        (
                            &[
                                ("error.type", "address_not_available"),
                                ("server.address", "payments"),
                            ],
                            [reading, 0, 0],
                        ),
                    ],
                ),
            ],
        );
    }
    let service = readings.fill(30, Reading::default()).snapshot.service;
    let routes = service.routes.unwrap();
    let names: Vec<_> = routes.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["/a", "/b"], "those with the most calls first");
    assert_eq!((routes[0].calls, routes[0].errors), (Some(315), Some(15)));
    assert!(routes[0].p99.unwrap() > Duration::from_millis(100));
    assert!(routes[1].p99.unwrap() <= Duration::from_millis(10));
    assert_eq!(routes[0].polled, None, "the calls do not show it");
    let dependencies = service.dependencies.unwrap();
    assert_eq!(dependencies[0].name, "payments");
    assert_eq!(
        (dependencies[0].calls, dependencies[0].errors),
        (Some(303), Some(3))
    );
    assert_eq!(dependencies[0].address_not_available, Some(3));
    assert_eq!(dependencies[0].duration.unwrap().as_millis(), 30_030);
}

#[test]
fn what_a_snapshot_has_stays() {
    let readings = Readings::new();
    for reading in 0..=3 {
        let calls: &[Calls] = &[
            (&[("http.route", "/a")], [100 * reading, 0, 0]),
            (&[("http.route", "/b")], [10 * reading, 0, 0]),
        ];
        readings.record(
            10 * reading,
            vec![histogram("http.server.request.duration", calls)],
        );
    }
    let mut reading = Reading::default();
    let mut route = Route::default();
    route.name = "/a".into();
    route.calls = Some(7);
    route.polled = Some(Duration::from_secs(1));
    reading.snapshot.service.routes = Some(vec![route]);
    let routes = readings.fill(30, reading).snapshot.service.routes.unwrap();
    assert_eq!(routes.len(), 1);
    assert_eq!(
        (routes[0].calls, routes[0].polled),
        (Some(7), Some(Duration::from_secs(1)))
    );
    assert!(routes[0].p99.is_some());
}

#[test]
fn series_that_do_not_exist_leave_everything_unknown() {
    let readings = Readings::new();
    readings.record(0, vec![gauge("other", &[(&[], 1.0)])]);
    assert_eq!(readings.fill(0, Reading::default()), Reading::default());
}

#[test]
fn sign_ins_are_those_of_ten_minutes() {
    const ATTEMPTS: &str = "gusset.sign_in.attempts";
    const MAX_FAILURES: &str = "gusset.sign_in.max_failures";
    type Pairs = &'static [(&'static str, &'static str)];
    const SUCCESS: Pairs = &[("gusset.sign_in.outcome", "success")];
    const WRONG: Pairs = &[
        ("gusset.sign_in.outcome", "failure"),
        ("gusset.sign_in.reason", "wrong_credentials"),
    ];
    let counter = |points: [(Pairs, f64); 2]| {
        let Metric { data, .. } = gauge(ATTEMPTS, &points);
        let MetricData::Gauge(points) = data else {
            unreachable!("it is a gauge")
        };
        metric(ATTEMPTS, MetricData::Counter(points))
    };
    let readings = Readings::new();
    let before = readings.fill(0, Reading::default()).signals.sign_ins;
    assert_eq!(before, None, "the service does not report them");
    for second in (0..=1800).step_by(10) {
        // One success a second, and from 1,500 s on ten failures.
        let failures = 10.0 * (second as f64 - 1500.0).max(0.0);
        let most = gauge(
            MAX_FAILURES,
            &[
                (&[("gusset.sign_in.subject", "account")], 7.0),
                (&[("gusset.sign_in.subject", "client")], 3000.0),
            ],
        );
        let attempts = counter([(SUCCESS, second as f64), (WRONG, failures)]);
        readings.record(second, vec![attempts, most]);
    }
    let counts = readings.fill(1800, Reading::default()).signals.sign_ins;
    let counts = counts.unwrap();
    assert_eq!((counts.attempts, counts.failures), (3600, 3000));
    assert_eq!(counts.max_account_failures, 7);
    assert_eq!(counts.max_client_failures, 3000);
}

#[test]
fn open_breakers_are_named() {
    let readings = Readings::new();
    let state = |name, state, value| -> (&'static [(&'static str, &'static str)], f64) {
        let pairs = vec![
            ("gusset.breaker.name", name),
            ("gusset.breaker.state", state),
        ];
        (pairs.leak(), value)
    };
    readings.record(
        0,
        vec![gauge(
            "gusset.breaker.state",
            &[
                state("a", "closed", 1.0),
                state("a", "open", 0.0),
                state("b", "closed", 0.0),
                state("b", "open", 1.0),
            ],
        )],
    );
    let signals = readings.fill(0, Reading::default()).signals;
    assert_eq!(signals.open_breakers.unwrap(), ["b"]);
}

#[test]
fn pools_are_those_of_opentelemetrys_metrics() {
    const NAME: (&str, &str) = ("db.client.connection.pool.name", "main");
    let readings = Readings::new();
    readings.record(
        0,
        vec![
            gauge("db.client.connection.max", &[(&[NAME], 10.0)]),
            gauge(
                "db.client.connection.count",
                &[
                    (&[NAME, ("db.client.connection.state", "idle")], 2.0),
                    (&[NAME, ("db.client.connection.state", "used")], 8.0),
                ],
            ),
            gauge("db.client.connection.pending_requests", &[(&[NAME], 4.0)]),
        ],
    );
    let pools = readings
        .fill(0, Reading::default())
        .snapshot
        .service
        .pools
        .unwrap();
    assert_eq!(pools[0].name, "main");
    assert_eq!(
        (pools[0].size, pools[0].in_use, pools[0].waiting),
        (Some(10), Some(8), Some(4))
    );
    assert_eq!(pools[0].wait_p99, None);
}

#[test]
fn usual_time_of_a_dependency_ends_five_minutes_ago() {
    let readings = Readings::new();
    for reading in 0..=120_u64 {
        // Fast for a quarter of an hour, and slow since.
        let (fast, slow) = (reading.min(90), reading.saturating_sub(90));
        let calls: &[Calls] = &[(&[("server.address", "payments")], [10 * fast, 0, 10 * slow])];
        readings.record(
            10 * reading,
            vec![histogram("http.client.request.duration", calls)],
        );
    }
    let reading = readings.fill(1200, Reading::default());
    let usual = reading.signals.usual_dependency_p99.unwrap();
    assert_eq!(usual.len(), 1);
    assert!(usual[0].1 <= Duration::from_millis(10), "{usual:?}");
    let now = reading.snapshot.service.dependencies.unwrap()[0]
        .p99
        .unwrap();
    assert!(now > Duration::from_millis(100));
}

/// Records an hour in which memory, descriptors, tasks and a disk grow or not.
fn hour(memory: f64, files: f64, tasks: f64, disk: f64) -> Vec<GrowingResource> {
    let readings = Readings::new();
    let mount = ("system.filesystem.mountpoint", "/data");
    for reading in 0..=360_u64 {
        let at = |start: f64, in_an_hour: f64| start + in_an_hour * reading as f64 / 360.0;
        readings.record(
            10 * reading,
            vec![
                gauge("process.memory.usage", &[(&[], at(100e6, memory))]),
                gauge(
                    "process.unix.file_descriptor.count",
                    &[(&[], at(50.0, files))],
                ),
                gauge("gusset.tokio.alive_tasks", &[(&[], at(100.0, tasks))]),
                gauge(
                    "system.filesystem.usage",
                    &[(&[mount, ("system.filesystem.state", "used")], at(1e9, disk))],
                ),
            ],
        );
    }
    let mut reading = Reading::default();
    reading.snapshot.host.cpus = Some(2);
    reading.snapshot.host.memory.total = Some(8 << 30);
    reading.snapshot.cgroup.memory_limit = Some(Limit::Finite(512 << 20));
    reading.snapshot.process.open_files_limit = Some(1024);
    let mut filesystem = Filesystem::default();
    filesystem.mountpoint = "/data".into();
    filesystem.available = Some(5_000_000_000);
    reading.snapshot.host.filesystems = Some(vec![filesystem]);
    let growth = readings.fill(3600, reading).signals.growth.unwrap();
    growth.into_iter().map(|it| it.resource).collect()
}

#[test]
fn growth_is_found_in_each_resource() {
    assert_eq!(hour(0.0, 0.0, 0.0, 0.0), []);
    assert_eq!(hour(50e6, 0.0, 0.0, 0.0), [GrowingResource::Memory]);
    assert_eq!(hour(0.0, 100.0, 0.0, 0.0), [GrowingResource::OpenFiles]);
    assert_eq!(hour(0.0, 0.0, 50.0, 0.0), [GrowingResource::Tasks]);
    let disk = GrowingResource::Filesystem("/data".into());
    assert_eq!(hour(0.0, 0.0, 0.0, 1e9), [disk]);
}

#[test]
fn short_history_does_not_know_what_grows() {
    let readings = Readings::new();
    for reading in 0..60_u64 {
        readings.record(
            10 * reading,
            vec![gauge("process.memory.usage", &[(&[], 100e6)])],
        );
    }
    assert_eq!(readings.fill(590, Reading::default()).signals.growth, None);
}
