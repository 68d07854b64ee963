//! One metric, and one series of it.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use metrics::Key;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use super::attributes::attributes;
use super::bound::Instrument;
use super::description::{Description, instrument_name};
use crate::TARGET;

/// One metric.
pub(super) struct Family<I> {
    pub(super) meter: Meter,
    /// Valid for an instrument.
    pub(super) name: String,
    description: OnceLock<Description>,
    /// Created with the first value, so that the description may come after the registration.
    instrument: OnceLock<I>,
}

/// One series of a metric.
pub(super) struct Series<I: Instrument> {
    family: Arc<Family<I>>,
    attributes: Arc<[KeyValue]>,
    bound: OnceLock<I::Bound>,
    /// The sum of a counter, or the bits of the value of a gauge.
    pub(super) value: AtomicU64,
}

// === impl Family ===

impl<I> Family<I> {
    pub(super) fn new(meter: &Meter, name: &str) -> Self {
        Self {
            meter: meter.clone(),
            name: instrument_name(name),
            description: OnceLock::new(),
            instrument: OnceLock::new(),
        }
    }

    pub(super) fn describe(&self, description: Description) {
        let unit = description.ucum();
        let is_first = self.description.set(description).is_ok();
        if is_first && self.instrument.get().is_some() {
            tracing::warn!(
                target: TARGET,
                {
                    gusset.metric.name = &*self.name,
                    gusset.metric.unit = unit,
                },
                "metric described after its first value: it keeps the unit, description and boundaries of one \
                 that is not described; describe it earlier",
            );
        }
    }

    /// Returns the instrument. The first call creates it.
    ///
    /// The meter is the user's code, so it is not called by `get_or_init`: views that record metrics
    /// would do so inside of the cell's lock. Threads that race create the same instrument.
    fn instrument(&self, create: impl FnOnce(&Self) -> I) -> &I {
        if let Some(instrument) = self.instrument.get() {
            return instrument;
        }
        let instrument = create(self);
        self.instrument.get_or_init(|| instrument)
    }

    pub(super) fn with_description<R>(&self, read: impl FnOnce(&Description) -> R) -> R {
        match self.description.get() {
            Some(description) => read(description),
            None => read(&Description::default()),
        }
    }
}

// === impl Series ===

impl<I: Instrument> Series<I> {
    pub(super) fn new(family: Arc<Family<I>>, key: &Key) -> Self {
        Self {
            family,
            attributes: attributes(key),
            bound: OnceLock::new(),
            // Also the bits of 0.0.
            value: AtomicU64::new(0),
        }
    }

    /// Returns the instrument of the series. The first call binds it, and `create` creates it if the series
    /// is the first of its metric.
    #[inline]
    pub(super) fn bound(&self, create: impl FnOnce(&Family<I>) -> I) -> &I::Bound {
        match self.bound.get() {
            Some(bound) => bound,
            None => self.bind(create),
        }
    }

    #[cold]
    #[inline(never)]
    fn bind(&self, create: impl FnOnce(&Family<I>) -> I) -> &I::Bound {
        let bound = self.family.instrument(create).bind(&self.attributes);
        self.bound.get_or_init(|| bound)
    }
}
