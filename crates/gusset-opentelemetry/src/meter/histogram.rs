//! Histograms.

use metrics::HistogramFn;
use opentelemetry::metrics::Histogram;

use super::series::{Family, Series};

impl HistogramFn for Series<Histogram<f64>> {
    /// Records a value. The SDK ignores those that are not finite.
    #[inline]
    fn record(&self, value: f64) {
        self.bound(create).record(value);
    }
}

fn create(family: &Family<Histogram<f64>>) -> Histogram<f64> {
    family.with_description(|it| {
        let builder = family.meter.f64_histogram(family.name.clone());
        let builder = builder.with_unit(it.ucum()).with_description(it.help());
        let boundaries = it.boundaries(&family.name);
        builder.with_boundaries(boundaries).build()
    })
}
