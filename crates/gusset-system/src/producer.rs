//! What the producers of metrics share.

use gusset_data::{Metric, MetricData, MetricDescriptor, SharedStr};

/// Returns a metric with the name, the unit and the description of a descriptor.
pub(crate) fn metric(descriptor: &MetricDescriptor, data: MetricData) -> Metric {
    Metric {
        name: SharedStr::from_static(descriptor.name),
        unit: SharedStr::from_static(descriptor.unit.as_ucum()),
        description: SharedStr::from_static(descriptor.help),
        data,
    }
}
