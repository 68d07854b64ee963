//! prometheus-client.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use crate::{BOUNDS, Record, labels};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: String,
    status: &'static str,
}

pub(crate) fn counter() -> Record {
    let family = Family::<Labels, Counter>::default();
    Box::new(move |series| {
        family.get_or_create(&key(series)).inc();
    })
}

pub(crate) fn histogram() -> Record {
    let new = || Histogram::new(BOUNDS);
    let family = Family::<Labels, Histogram, fn() -> Histogram>::new_with_constructor(new);
    Box::new(move |series| family.get_or_create(&key(series)).observe(0.2))
}

fn key(series: usize) -> Labels {
    let (method, route, status) = labels(series);
    Labels {
        method,
        route,
        status,
    }
}
