//! Gauges and up-down counters.

use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

use gusset_data::InstrumentKind;
use metrics::GaugeFn;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Gauge, UpDownCounter};

use super::bound::{BoundCount, BoundLastValue, BoundUpDown, Instrument};
use super::series::{Family, Series};

/// The facade has one type for OpenTelemetry's gauges and up-down counters.
pub(super) enum GaugeInstrument {
    /// A sum of counts or bytes.
    Count(UpDownCounter<i64>),
    /// Another sum.
    UpDown(UpDownCounter<f64>),
    /// The last value.
    LastValue(Gauge<f64>),
}

/// A [`GaugeInstrument`] with the attributes of one series.
pub(super) enum BoundGauge {
    Count(BoundCount),
    UpDown(BoundUpDown),
    LastValue(BoundLastValue),
}

// === impl GaugeInstrument ===

impl GaugeInstrument {
    /// Creates the instrument. `first` is the kind of the first operation, for a metric without a described
    /// kind.
    fn new(family: &Family<Self>, first: InstrumentKind) -> Self {
        let (meter, name) = (&family.meter, family.name.clone());
        family.with_description(|it| {
            let (unit, help) = (it.ucum(), it.help());
            match it.kind().unwrap_or(first) {
                InstrumentKind::UpDownCounter if it.is_count() => {
                    let builder = meter.i64_up_down_counter(name).with_unit(unit);
                    Self::Count(builder.with_description(help).build())
                }
                InstrumentKind::UpDownCounter => {
                    let builder = meter.f64_up_down_counter(name).with_unit(unit);
                    Self::UpDown(builder.with_description(help).build())
                }
                _ => {
                    let builder = meter.f64_gauge(name).with_unit(unit);
                    Self::LastValue(builder.with_description(help).build())
                }
            }
        })
    }
}

impl Instrument for GaugeInstrument {
    type Bound = BoundGauge;

    fn bind(&self, attributes: &Arc<[KeyValue]>) -> BoundGauge {
        match self {
            Self::Count(it) => BoundGauge::Count(Instrument::bind(it, attributes)),
            Self::UpDown(it) => BoundGauge::UpDown(Instrument::bind(it, attributes)),
            Self::LastValue(it) => BoundGauge::LastValue(Instrument::bind(it, attributes)),
        }
    }
}

// === impl Series ===

/// The value is kept: a sum cannot be set, and a last value cannot be added to.
impl Series<GaugeInstrument> {
    /// Changes the value. `kind` is that of the operation, for a metric without a described one.
    #[inline]
    fn change(&self, kind: InstrumentKind, change: impl Fn(f64) -> f64) {
        match self.bound(|family| GaugeInstrument::new(family, kind)) {
            BoundGauge::Count(count) => {
                if let Some((before, after)) = self.replace_finite(change) {
                    count.add(whole(after) - whole(before));
                }
            }
            BoundGauge::UpDown(sum) => {
                if let Some((before, after)) = self.replace_finite(change) {
                    sum.add(after - before);
                }
            }
            BoundGauge::LastValue(last) => self.record(last, change),
        }
    }

    /// Replaces the value, and returns it before and after. A value that is not finite is ignored: it
    /// would stay in the sum forever.
    #[inline]
    fn replace_finite(&self, change: impl Fn(f64) -> f64) -> Option<(f64, f64)> {
        let changed = |bits| {
            let after = change(f64::from_bits(bits));
            after.is_finite().then(|| after.to_bits())
        };
        let before = f64::from_bits(self.value.fetch_update(AcqRel, Acquire, changed).ok()?);
        Some((before, change(before)))
    }

    /// Changes the value and records it.
    ///
    /// Two threads may record their values in the wrong order. Each therefore looks at the value again
    /// after it has recorded it, and records the new one if it has changed: the value that is recorded last
    /// was the current one after that.
    fn record(&self, last: &BoundLastValue, change: impl Fn(f64) -> f64) {
        let to_bits = |bits| Some(change(f64::from_bits(bits)).to_bits());
        let _ = self.value.fetch_update(AcqRel, Acquire, to_bits);
        let mut recorded = None;
        loop {
            let bits = self.value.load(Acquire);
            if recorded == Some(bits) {
                return;
            }
            last.record(f64::from_bits(bits));
            recorded = Some(bits);
        }
    }
}

impl GaugeFn for Series<GaugeInstrument> {
    #[inline]
    fn increment(&self, by: f64) {
        self.change(InstrumentKind::UpDownCounter, |value| value + by);
    }

    #[inline]
    fn decrement(&self, by: f64) {
        self.change(InstrumentKind::UpDownCounter, |value| value - by);
    }

    #[inline]
    fn set(&self, to: f64) {
        self.change(InstrumentKind::Gauge, |_| to);
    }
}

/// Returns the nearest integer. The differences of such integers add up to the integer of the value.
#[expect(
    clippy::cast_possible_truncation,
    reason = "counts are far below the limit, where the cast saturates"
)]
fn whole(value: f64) -> i64 {
    value.round() as i64
}
