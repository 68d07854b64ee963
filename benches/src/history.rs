//! One reading of a history.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gusset_core::Clock;
use gusset_data::MetricProducer as _;
use gusset_history::{History, Selector, Window};
use gusset_metrics::Registry;
use metrics::{Counter, Histogram, Key, Label, Level, Metadata, Recorder as _};

use crate::{Scenario, WorkFactory};

const METADATA: Metadata<'static> = Metadata::new("gusset-benches", Level::INFO, None);
const INTERVAL: Duration = Duration::from_secs(10);

/// Returns the scenarios of readings, and of answers.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, baseline, make| Scenario {
        name,
        about,
        baseline,
        times: 5,
        make,
    };
    vec![
        scenario(
            "history/metrics-10000",
            "the metrics of the registry: 10,000 counters",
            None,
            || metrics(&counters(10_000)),
        ),
        scenario(
            "history/quiet-10000",
            "a reading of 10,000 counters without a change",
            Some("history/metrics-10000"),
            || readings(counters(10_000), 0),
        ),
        scenario(
            "history/busy-10000",
            "a reading of 10,000 counters that all change",
            Some("history/metrics-10000"),
            || readings(counters(10_000), 1),
        ),
        scenario(
            "history/histogram-metrics-1000",
            "the metrics of the registry: 1,000 histograms",
            None,
            || metrics(&histograms(1000)),
        ),
        scenario(
            "history/histograms-1000",
            "a reading of 1,000 histograms that all change",
            Some("history/histogram-metrics-1000"),
            || readings(histograms(1000), 1),
        ),
        scenario(
            "history/rate-100",
            "the rate of 100 counters over five minutes of an hour",
            None,
            rates,
        ),
    ]
}

/// A registry, and what changes each of its series.
struct Series {
    registry: Arc<Registry>,
    counters: Vec<Counter>,
    histograms: Vec<Histogram>,
}

impl Series {
    fn new() -> Self {
        let registry = Registry::builder().cardinality_limit(20_000).build();
        Self {
            registry: Arc::new(registry.expect("the settings are valid")),
            counters: Vec::new(),
            histograms: Vec::new(),
        }
    }

    fn change(&self, by: u64) {
        for counter in self.counters.iter().filter(|_| by > 0) {
            counter.increment(by);
        }
        for histogram in self.histograms.iter().filter(|_| by > 0) {
            histogram.record(by as f64 / 100.0);
        }
    }
}

fn key(name: &'static str, series: u32) -> Key {
    let route = Label::new("http.route", format!("/route-{series}"));
    Key::from_parts(name, vec![route])
}

fn counters(count: u32) -> Series {
    let mut series = Series::new();
    for at in 0..count {
        let key = key("requests", at);
        let counter = series.registry.register_counter(&key, &METADATA);
        series.counters.push(counter);
    }
    series
}

fn histograms(count: u32) -> Series {
    let mut series = Series::new();
    for at in 0..count {
        let key = key("duration_seconds", at);
        let histogram = series.registry.register_histogram(&key, &METADATA);
        series.histograms.push(histogram);
    }
    series.change(1);
    series
}

fn metrics(series: &Series) -> WorkFactory {
    let registry = series.registry.clone();
    Box::new(move || {
        let registry = registry.clone();
        Box::new(move || drop(std::hint::black_box(registry.metrics())))
    })
}

/// Returns readings of a history that is full, so that each drops the oldest one.
fn readings(series: Series, change: u64) -> WorkFactory {
    let history = History::builder().memory_limit(64 << 20);
    let history = history
        .retention(10 * INTERVAL)
        .build()
        .expect("the settings are valid");
    let series = Arc::new(series);
    let reading = Arc::new(AtomicU64::new(0));
    let start = start();
    for _ in 0..20 {
        take(&history, &series, change, start, &reading);
    }
    Box::new(move || {
        let (history, series, reading) = (history.clone(), series.clone(), reading.clone());
        Box::new(move || take(&history, &series, change, start, &reading))
    })
}

fn take(history: &History, series: &Series, change: u64, start: Instant, reading: &AtomicU64) {
    series.change(change);
    let number = u32::try_from(reading.fetch_add(1, Relaxed)).unwrap_or(u32::MAX);
    history.record(start + number * INTERVAL, series.registry.metrics());
}

fn rates() -> WorkFactory {
    let series = counters(100);
    let history = History::builder().build().expect("the settings are valid");
    let reading = AtomicU64::new(0);
    let start = start();
    for _ in 0..360 {
        take(&history, &series, 7, start, &reading);
    }
    let window = Window::new(start + 359 * INTERVAL, Duration::from_secs(300));
    Box::new(move || {
        let history = history.clone();
        let selector = Selector::new("requests");
        Box::new(move || {
            let selected = history.select(&selector, window);
            std::hint::black_box(selected.and_then(|selected| selected.rate()));
        })
    })
}

fn start() -> Instant {
    Clock::system().now()
}
