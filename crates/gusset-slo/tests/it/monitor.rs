//! The states of objectives and ranges in the process. The time is given.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gusset_data::{
    InstrumentKind, MetricData, MetricDescriptor, MetricProducer as _, SharedRecorder,
    ShowState as _, SteadyState as _, Unit,
};
use gusset_history::History;
use gusset_metrics::Registry;
use gusset_slo::{
    Aggregate, AlertSeverity, Catalogue, Mode, Monitor, NormalRange, Objective, ServiceLevels,
    ServiceLevelsBuilder, State, Subject, Watched,
};
use metrics::{counter, gauge, histogram};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

const STEP: Duration = Duration::from_secs(10);

/// A service whose metrics are read each 10 s.
struct Service {
    registry: Arc<Registry>,
    history: History,
    monitor: Monitor,
    now: Instant,
}

// === impl Service ===

impl Service {
    fn new(levels: ServiceLevelsBuilder) -> Self {
        let registry = Arc::new(Registry::builder().build().unwrap());
        let recorder: SharedRecorder = registry.clone();
        // Its unit sets the boundaries.
        gusset_metrics::names::HTTP_SERVER_DURATION.describe(&recorder);
        Self {
            history: History::builder().build().unwrap(),
            monitor: levels.build().unwrap().monitor(recorder),
            registry,
            now: gusset_core::Clock::system().now(),
        }
    }

    /// Records, reads and evaluates a number of times.
    fn run(&mut self, steps: u32, record: impl Fn()) {
        for _ in 0..steps {
            metrics::with_local_recorder(&self.registry, &record);
            self.now += STEP;
            self.history.record(self.now, self.registry.metrics());
            self.monitor.evaluate(&self.history, self.now);
        }
    }

    fn state(&self) -> State {
        self.monitor.status()[0].state()
    }

    /// Returns the values of a metric of this crate, by state.
    fn values(&self, name: &str) -> Vec<(String, f64)> {
        let metrics = self.registry.metrics();
        let metric = metrics.iter().find(|metric| *metric.name == *name).unwrap();
        let (MetricData::Gauge(points) | MetricData::Counter(points)) = &metric.data else {
            panic!("{metric:?}")
        };
        let state = |labels: &gusset_data::Labels| {
            let label = labels.iter().find(|(key, _)| &**key == "gusset.slo.state");
            label.unwrap().1.to_string()
        };
        points
            .iter()
            .map(|point| (state(&point.labels), point.value))
            .collect()
    }
}

fn orders() -> ServiceLevelsBuilder {
    let orders = Subject::route("/orders");
    let objective = Objective::availability("orders", orders).target(0.99);
    ServiceLevels::builder("shop").objective(objective)
}

fn calls(outcome: &'static str, number: u64) {
    let labels = [("http.route", "/orders"), ("gusset.outcome", outcome)];
    counter!("gusset.http.server.outcomes", &labels).increment(number);
}

fn active(range: NormalRange) -> ServiceLevelsBuilder {
    ServiceLevels::builder("shop").range(range)
}

fn active_range() -> NormalRange {
    NormalRange::new("active", "http.server.active_requests")
        .high(200.0)
        .hold(2, 2)
        .clear(3)
}

fn set_active(value: f64) {
    gauge!("http.server.active_requests").set(value);
}

#[test]
fn failing_calls_violate_an_objective() {
    let mut service = Service::new(orders());
    assert_eq!(service.state(), State::Unknown);
    service.run(60, || calls("success", 100));
    assert_eq!(service.state(), State::Normal);
    assert_eq!(service.monitor.violation(), None);

    // Five minutes at 30 %: above 14.4 % in both windows.
    service.run(30, || {
        calls("success", 70);
        calls("server_error", 30);
    });
    assert_eq!(service.state(), State::Normal, "10 % of the hour");
    service.run(30, || {
        calls("success", 70);
        calls("server_error", 30);
    });
    assert_eq!(service.state(), State::Violated);
    let text = service.monitor.violation().unwrap();
    let expected =
        "objective orders: violated, 30.00 % of the calls are bad (normal: calls do not fail)";
    assert_eq!(&*text, expected);
    let shown = service.monitor.show_state().to_string();
    let expected = "-\n  objective: orders\n  state: violated\n  value: 0.3\n";
    assert!(shown.starts_with(expected), "{shown}");

    // The short window is clean after five minutes, and five more clear it.
    service.run(61, || calls("success", 100));
    assert_eq!(service.state(), State::Normal);
    assert_eq!(service.monitor.violation(), None);
}

#[test]
fn errors_of_clients_and_cancelled_calls_are_not_bad() {
    let mut service = Service::new(orders());
    service.run(60, || {
        calls("success", 10);
        calls("client_error", 50);
        calls("cancelled", 500);
    });
    assert_eq!(service.state(), State::Normal);
    assert_eq!(service.monitor.status()[0].value(), Some(0.0));
    service.run(60, || {
        calls("success", 10);
        calls("rejected", 50);
    });
    assert_eq!(service.state(), State::Violated);
}

#[test]
fn few_calls_are_not_enough_for_a_state() {
    let mut service = Service::new(orders());
    service.run(60, || ());
    assert_eq!(service.state(), State::Unknown, "no call");
    service.run(1, || {
        calls("success", 1);
        calls("server_error", 1);
    });
    service.run(10, || ());
    assert_eq!(
        service.state(),
        State::Unknown,
        "2 calls in an hour are below 0.1 a second"
    );
}

#[test]
fn slow_calls_violate_a_latency() {
    let second = Duration::from_secs(1);
    let latency = Objective::latency("fast", Subject::service(), second).target(0.9);
    let mut service = Service::new(ServiceLevels::builder("shop").objective(latency));
    let call = |seconds: f64| {
        for _ in 0..20 {
            histogram!("http.server.request.duration").record(seconds);
        }
    };
    service.run(60, || call(1.0));
    assert_eq!(service.state(), State::Normal, "the threshold is not slow");
    service.run(200, || call(1.1));
    assert_eq!(
        service.state(),
        State::Violated,
        "6 times the budget, in the hour that there is"
    );
}

#[test]
fn range_is_left_after_its_hold_and_regained_after_its_clear() {
    let mut service = Service::new(active(active_range()));
    service.run(3, || set_active(200.0));
    assert_eq!(service.state(), State::Normal);
    service.run(1, || set_active(201.0));
    assert_eq!(service.state(), State::Normal, "one of two");
    service.run(1, || set_active(300.0));
    assert_eq!(service.state(), State::Violated);
    let text = service.monitor.violation().unwrap();
    assert_eq!(
        &*text,
        "range active: violated, 300.0000 (normal: at most 200)"
    );
    service.run(3, || set_active(10.0));
    assert_eq!(service.state(), State::Violated, "not cleared yet");
    service.run(1, || set_active(10.0));
    assert_eq!(service.state(), State::Normal);
}

#[test]
fn every_aggregate_is_computed_over_the_window() {
    let name = "http.server.request.duration";
    let range = |aggregate| NormalRange::new("x", name).aggregate(aggregate).high(5.0);
    for (aggregate, expected) in [
        (Aggregate::Rate, 10.0),
        (Aggregate::Mean, 0.5),
        (Aggregate::Quantile(0.5), 0.375),
    ] {
        let mut service = Service::new(active(range(aggregate)));
        service.run(30, || {
            for _ in 0..100 {
                histogram!(name).record(0.5);
            }
        });
        let value = service.monitor.status()[0].value().unwrap();
        assert!((value - expected).abs() < 1e-9, "{aggregate:?}: {value}");
    }
}

#[test]
fn metric_of_the_services_own_is_watched() {
    let placed = MetricDescriptor::new(
        "shop.orders.placed",
        InstrumentKind::Counter,
        Unit::Count("{order}"),
        "Orders that were placed and paid.",
    );
    let range = NormalRange::new("placed", placed.name).low(1.0).hold(2, 2);
    let levels = active(range).catalogue(Catalogue::new().with([placed]));
    let mut service = Service::new(levels);
    service.run(12, || counter!("shop.orders.placed").increment(50));
    assert_eq!(service.monitor.status()[0].value(), Some(5.0));
    assert_eq!(service.state(), State::Normal);
    service.run(12, || counter!("shop.orders.placed").increment(5));
    assert_eq!(service.state(), State::Violated, "one order in two seconds");
}

#[test]
fn mean_of_few_values_is_unknown() {
    let range = NormalRange::new("x", "http.server.request.duration").high(0.1);
    let mut service = Service::new(active(range));
    service.run(30, || {
        histogram!("http.server.request.duration").record(9.0);
    });
    assert_eq!(
        service.state(),
        State::Unknown,
        "6 values in a minute, 20 are required"
    );
}

#[test]
fn state_and_time_are_metrics() {
    let mut service = Service::new(active(active_range()));
    service.run(4, || set_active(1.0));
    service.run(6, || set_active(999.0));
    let states = service.values("gusset.slo.range.state");
    let value = |values: &[(String, f64)], state: &str| {
        values.iter().find(|(it, _)| it == state).unwrap().1
    };
    assert_eq!(value(&states, "violated"), 1.0);
    assert_eq!(value(&states, "normal") + value(&states, "unknown"), 0.0);
    let times = service.values("gusset.slo.range.time");
    assert_eq!(value(&times, "normal"), 50.0);
    assert_eq!(value(&times, "violated"), 40.0);
    assert_eq!(value(&times, "unknown"), 0.0);
}

/// Counts log events of this crate.
#[derive(Default)]
struct Events(Mutex<Vec<Level>>);

impl Subscriber for Events {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "gusset::slo"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(*event.metadata().level());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn change_is_logged_and_published_once() {
    let events = Arc::new(Events::default());
    let dispatch = tracing::Dispatch::from(events.clone() as Arc<dyn Subscriber + Send + Sync>);
    let mut service = Service::new(active(active_range()));
    let changes = Arc::new(Mutex::new(Vec::new()));
    let received = changes.clone();
    service.monitor.on_change(move |change| {
        let status = change.status();
        assert_eq!((status.name(), status.kind()), ("active", Watched::Range));
        received
            .lock()
            .unwrap()
            .push((change.from(), status.state()));
    });
    tracing::dispatcher::with_default(&dispatch, || {
        service.run(10, || set_active(1.0));
        service.run(10, || set_active(999.0));
        service.run(10, || set_active(1.0));
    });
    use State::{Normal, Unknown, Violated};
    let expected = [(Unknown, Normal), (Normal, Violated), (Violated, Normal)];
    assert_eq!(*changes.lock().unwrap(), expected);
    assert_eq!(
        *events.0.lock().unwrap(),
        [Level::DEBUG, Level::WARN, Level::INFO]
    );
}

#[test]
fn panic_of_a_subscriber_is_contained() {
    let mut service = Service::new(active(active_range()));
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    service.monitor.on_change(|_| panic!("deliberate"));
    service.monitor.on_change(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    service.run(5, || set_active(999.0));
    assert_eq!(service.state(), State::Violated);
    assert_eq!(calls.load(Ordering::Relaxed), 2, "normal, then violated");
}

#[test]
fn range_for_information_is_no_violation() {
    let range = active_range().severity(AlertSeverity::Info);
    let mut service = Service::new(active(range));
    service.run(5, || set_active(999.0));
    assert_eq!(service.state(), State::Violated);
    assert_eq!(service.monitor.violation(), None);
}

#[test]
fn learned_range_proposes_bounds_and_does_nothing() {
    let range = NormalRange::new("active", "http.server.active_requests")
        .mode(Mode::Learned { evaluations: 12 });
    let mut service = Service::new(active(range));
    service.run(12, || set_active(100.0));
    service.run(12, || set_active(9999.0));
    assert_eq!(service.state(), State::Unknown);
    let proposals = service.monitor.proposals();
    let [proposal] = &proposals[..] else {
        panic!("{proposals:?}")
    };
    assert_eq!(proposal.to_string(), ".low(50).high(150)");
}

#[test]
fn history_of_another_metric_leaves_states_unknown() {
    let mut service = Service::new(orders());
    service.run(5, || {
        counter!("something.else").increment(1);
    });
    assert_eq!(service.state(), State::Unknown);
    assert_eq!(service.monitor.status()[0].value(), None);
}
