//! measured, with routes that it learns.

use measured::label::StaticLabelSet;
use measured::metric::histogram::Thresholds;
use measured::{CounterVec, FixedCardinalityLabel, HistogramVec, LabelGroup};
use paracord::ParaCord;

use crate::{BOUNDS, Record, labels};

#[derive(Clone, Copy, Debug, PartialEq, LabelGroup)]
#[label(set = LabelsSet)]
struct Labels<'a> {
    method: Method,
    #[label(dynamic_with = ParaCord)]
    route: &'a str,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, FixedCardinalityLabel)]
enum Method {
    Get,
    Post,
}

#[derive(Clone, Copy, Debug, PartialEq, FixedCardinalityLabel)]
enum Status {
    Ok,
    NotFound,
}

pub(crate) fn counter() -> Record {
    let counters = CounterVec::with_label_set(set());
    Box::new(move |series| with(series, |labels| counters.inc(labels)))
}

pub(crate) fn histogram() -> Record {
    let thresholds = Thresholds::with_buckets(BOUNDS);
    let histograms = HistogramVec::with_label_set_and_metadata(set(), thresholds);
    Box::new(move |series| with(series, |labels| histograms.observe(labels, 0.2)))
}

fn set() -> LabelsSet {
    LabelsSet {
        method: StaticLabelSet::new(),
        route: ParaCord::default(),
        status: StaticLabelSet::new(),
    }
}

fn with(series: usize, record: impl FnOnce(Labels<'_>)) {
    let (method, route, status) = labels(series);
    record(Labels {
        method: match method {
            "GET" => Method::Get,
            _ => Method::Post,
        },
        route: &route,
        status: match status {
            "200" => Status::Ok,
            _ => Status::NotFound,
        },
    });
}
