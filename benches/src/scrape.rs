//! The rendering of the Prometheus text format.

use std::hint::black_box;

use gusset_prometheus::{PrometheusExporter, Resource, ScrapeEndpoint};
use metrics::{Key, Label, Level, Metadata, Recorder as _, Unit};

use crate::{Scenario, WorkFactory};

const METADATA: Metadata<'static> = Metadata::new("gusset-benches", Level::INFO, None);

/// The kind of the series.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_enums, reason = "not published")]
pub enum SeriesKind {
    /// One line for each series.
    Counters,
    /// Seventeen lines for each series, with fourteen boundaries.
    Histograms,
}

/// Returns the scenarios of scrapes.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, times, make| Scenario {
        name,
        about,
        baseline: None,
        times,
        make,
    };
    vec![
        scenario("scrape/counters-100", "100 counters", 50, || {
            renderings(SeriesKind::Counters, 100)
        }),
        scenario("scrape/counters-1000", "1,000 counters", 10, || {
            renderings(SeriesKind::Counters, 1000)
        }),
        scenario("scrape/counters-10000", "10,000 counters", 2, || {
            renderings(SeriesKind::Counters, 10_000)
        }),
        scenario("scrape/histograms-100", "100 histograms", 20, || {
            renderings(SeriesKind::Histograms, 100)
        }),
        scenario("scrape/histograms-1000", "1,000 histograms", 4, || {
            renderings(SeriesKind::Histograms, 1000)
        }),
        scenario("scrape/histograms-10000", "10,000 histograms", 1, || {
            renderings(SeriesKind::Histograms, 10_000)
        }),
    ]
}

/// Returns an endpoint with this number of series, each with one measurement.
///
/// # Panics
/// Never, because the configuration is valid.
pub fn endpoint(kind: SeriesKind, series: u32) -> ScrapeEndpoint {
    // Above the default, which would fold the largest scenarios into one overflow series.
    let prometheus = PrometheusExporter::builder()
        .cardinality_limit(series as usize)
        .resource(Resource::new())
        .build()
        .expect("the defaults are valid");
    let recorder = prometheus.recorder();
    recorder.describe_counter("app.jobs".into(), None, "Jobs done.".into());
    let (duration, help) = ("http.server.request.duration", "Duration of requests.");
    recorder.describe_histogram(duration.into(), Some(Unit::Seconds), help.into());
    for index in 0..series {
        let labels = vec![
            Label::from_static_parts("http.request.method", "GET"),
            Label::from_static_parts("url.scheme", "https"),
            Label::new("http.route", format!("/items/{index}/{{id}}")),
            Label::from_static_parts("http.response.status_code", "200"),
        ];
        match kind {
            SeriesKind::Counters => recorder
                .register_counter(&Key::from_parts("app.jobs", labels), &METADATA)
                .increment(u64::from(index)),
            SeriesKind::Histograms => recorder
                .register_histogram(&Key::from_parts(duration, labels), &METADATA)
                .record(f64::from(index) / 1000.0),
        }
    }
    prometheus.endpoint()
}

/// Returns renderings of such an endpoint.
pub fn renderings(kind: SeriesKind, series: u32) -> WorkFactory {
    let endpoint = endpoint(kind, series);
    Box::new(move || {
        let endpoint = endpoint.clone();
        Box::new(move || {
            black_box(endpoint.render());
        })
    })
}
