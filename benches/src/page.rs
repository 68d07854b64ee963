//! A scrape page, rendered.

use std::hint::black_box;

use gusset_prometheus::{ScrapeEndpoint, PrometheusExporter, Resource};
use metrics::{Key, Label, Level, Metadata, Recorder as _, Unit};

use crate::{Scenario, Works};

const METADATA: Metadata<'static> = Metadata::new("gusset-benches", Level::INFO, None);

/// The kinds of series that a page is full of.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_enums, reason = "not published")]
pub enum Of {
    /// One line each.
    Counters,
    /// Seventeen lines each: fourteen boundaries.
    Histograms,
}

/// The scenarios of a page.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, times, make| Scenario {
        name,
        about,
        over: None,
        times,
        make,
    };
    vec![
        scenario("page/counters-100", "100 counters", 50, || {
            works(Of::Counters, 100)
        }),
        scenario("page/counters-1000", "1,000 counters", 10, || {
            works(Of::Counters, 1000)
        }),
        scenario("page/counters-10000", "10,000 counters", 2, || {
            works(Of::Counters, 10_000)
        }),
        scenario("page/histograms-100", "100 histograms", 20, || {
            works(Of::Histograms, 100)
        }),
        scenario("page/histograms-1000", "1,000 histograms", 4, || {
            works(Of::Histograms, 1000)
        }),
        scenario("page/histograms-10000", "10,000 histograms", 1, || {
            works(Of::Histograms, 10_000)
        }),
    ]
}

/// A page full of so many series, each recorded in.
///
/// # Panics
/// Never: this configuration is good.
pub fn page(of: Of, series: u32) -> ScrapeEndpoint {
    let prometheus = PrometheusExporter::builder()
        .resource(Resource::new())
        .build()
        .expect("by convention");
    let recorder = prometheus.recorder();
    recorder.describe_counter("app.jobs".into(), None, "Jobs done.".into());
    let (duration, help) = ("http.server.request.duration", "Duration of requests.");
    recorder.describe_histogram(duration.into(), Some(Unit::Seconds), help.into());
    for at in 0..series {
        let labels = vec![
            Label::from_static_parts("http.request.method", "GET"),
            Label::from_static_parts("url.scheme", "https"),
            Label::new("http.route", format!("/items/{at}/{{id}}")),
            Label::from_static_parts("http.response.status_code", "200"),
        ];
        match of {
            Of::Counters => recorder
                .register_counter(&Key::from_parts("app.jobs", labels), &METADATA)
                .increment(u64::from(at)),
            Of::Histograms => recorder
                .register_histogram(&Key::from_parts(duration, labels), &METADATA)
                .record(f64::from(at) / 1000.0),
        }
    }
    prometheus.endpoint()
}

/// Renderings of such a page.
pub fn works(of: Of, series: u32) -> Works {
    let page = page(of, series);
    Box::new(move || {
        let page = page.clone();
        Box::new(move || {
            black_box(page.render());
        })
    })
}
