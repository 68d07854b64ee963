//! The memory of a series, and the cost of finding it by its labels, of gusset's registry and its peers.
//!
//! Each series has the labels of `http.server.requests` by method, route and status. Routes are dynamic strings,
//! because only the service has them.

mod facade;
mod measured;
mod prometheus;

use std::hint::black_box;
use std::sync::{Arc, Mutex};

use gusset_benches::{Scenario, Work, WorkFactory};

/// Records in a series by its number.
pub type Record = Box<dyn FnMut(usize) + Send>;

/// A library, and one kind of its series.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "not published")]
pub struct Subject {
    /// The kind and the library, such as `counter/gusset`.
    pub name: &'static str,
    /// A description of the library.
    pub about: &'static str,
    /// Sets the library up.
    pub make: fn() -> Record,
}

/// The upper bounds of the histograms.
pub(crate) const BOUNDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Returns the method, route and status of a series.
pub(crate) fn labels(series: usize) -> (&'static str, String, &'static str) {
    let method = ["GET", "POST"][series % 2];
    let status = ["200", "404"][series / 2 % 2];
    (method, format!("/items/{}", series / 4), status)
}

/// Returns all subjects.
pub fn subjects() -> Vec<Subject> {
    vec![
        subject(
            "counter/gusset",
            "gusset's `Registry`",
            facade::gusset_counter,
        ),
        subject(
            "counter/prometheus-client",
            "prometheus-client",
            prometheus::counter,
        ),
        subject("counter/measured", "measured", measured::counter),
        subject(
            "counter/exporter",
            "metrics-exporter-prometheus",
            facade::exporter_counter,
        ),
        subject(
            "histogram/gusset",
            "gusset's `Registry`",
            facade::gusset_histogram,
        ),
        subject(
            "histogram/prometheus-client",
            "prometheus-client",
            prometheus::histogram,
        ),
        subject("histogram/measured", "measured", measured::histogram),
        subject(
            "histogram/exporter",
            "metrics-exporter-prometheus",
            facade::exporter_histogram,
        ),
    ]
}

fn subject(name: &'static str, about: &'static str, make: fn() -> Record) -> Subject {
    Subject { name, about, make }
}

/// Returns the scenarios of one record, whose series is found by its labels.
pub fn records() -> Vec<Scenario> {
    macro_rules! scenario {
        ($kind:literal, $library:literal, $about:literal, $make:path) => {
            Scenario {
                name: concat!($kind, "/", $library),
                about: $about,
                baseline: Some(concat!($kind, "/labels")),
                times: 1000,
                make: || work($make()),
            }
        };
    }
    let labels = |name| Scenario {
        name,
        about: "the labels alone",
        baseline: None,
        times: 1000,
        make: || work(Box::new(|at| drop(black_box(labels(at))))),
    };
    vec![
        labels("counter/labels"),
        scenario!(
            "counter",
            "gusset",
            "gusset's `Registry`",
            facade::gusset_counter
        ),
        scenario!(
            "counter",
            "prometheus-client",
            "prometheus-client",
            prometheus::counter
        ),
        scenario!("counter", "measured", "measured", measured::counter),
        scenario!(
            "counter",
            "exporter",
            "metrics-exporter-prometheus",
            facade::exporter_counter
        ),
        labels("histogram/labels"),
        scenario!(
            "histogram",
            "gusset",
            "gusset's `Registry`",
            facade::gusset_histogram
        ),
        scenario!(
            "histogram",
            "prometheus-client",
            "prometheus-client",
            prometheus::histogram
        ),
        scenario!("histogram", "measured", "measured", measured::histogram),
        scenario!(
            "histogram",
            "exporter",
            "metrics-exporter-prometheus",
            facade::exporter_histogram
        ),
    ]
}

fn work(record: Record) -> WorkFactory {
    let record = Arc::new(Mutex::new(record));
    Box::new(move || -> Work {
        let record = Arc::clone(&record);
        Box::new(move || {
            let mut record = record.lock().expect("no record panics");
            record(black_box(7));
        })
    })
}
