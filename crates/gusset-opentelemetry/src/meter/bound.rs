//! Instruments with the attributes of one series.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, UpDownCounter};

/// An instrument of OpenTelemetry.
pub(super) trait Instrument: Send + Sync + 'static {
    /// The instrument with the attributes of one series.
    type Bound: Send + Sync + 'static;

    fn bind(&self, attributes: &Arc<[KeyValue]>) -> Self::Bound;
}

/// Defines the bound form of an instrument: that of the SDK, or the instrument with its attributes.
macro_rules! bound {
    ($bound:ident: $instrument:ident<$number:ty>, $sdk:ident, $record:ident) => {
        #[cfg(feature = "bound-instruments")]
        pub(super) struct $bound(opentelemetry::metrics::$sdk<$number>);

        #[cfg(not(feature = "bound-instruments"))]
        pub(super) struct $bound($instrument<$number>, Arc<[KeyValue]>);

        impl Instrument for $instrument<$number> {
            type Bound = $bound;

            #[cfg(feature = "bound-instruments")]
            fn bind(&self, attributes: &Arc<[KeyValue]>) -> $bound {
                $bound($instrument::bind(self, attributes))
            }

            #[cfg(not(feature = "bound-instruments"))]
            fn bind(&self, attributes: &Arc<[KeyValue]>) -> $bound {
                $bound(self.clone(), Arc::clone(attributes))
            }
        }

        impl $bound {
            #[inline]
            pub(super) fn $record(&self, value: $number) {
                #[cfg(feature = "bound-instruments")]
                self.0.$record(value);
                #[cfg(not(feature = "bound-instruments"))]
                self.0.$record(value, &self.1);
            }
        }
    };
}

bound!(BoundCounter: Counter<u64>, BoundCounter, add);
bound!(BoundUpDown: UpDownCounter<f64>, BoundUpDownCounter, add);
bound!(BoundCount: UpDownCounter<i64>, BoundUpDownCounter, add);
bound!(BoundLastValue: Gauge<f64>, BoundGauge, record);
bound!(BoundHistogram: Histogram<f64>, BoundHistogram, record);
