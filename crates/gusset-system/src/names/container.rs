//! Metrics of the control group, by the semantic conventions, which call it a container.

use gusset_data::MetricDescriptor;

use super::{BYTES, SECONDS, counter, up_down_counter};

/// The CPU time.
pub const CONTAINER_CPU_TIME: MetricDescriptor =
    counter("container.cpu.time", SECONDS, "CPU time of the container.");

/// The memory with the page cache. The conventions call it a counter, but it decreases.
pub const CONTAINER_MEMORY_USAGE: MetricDescriptor = up_down_counter(
    "container.memory.usage",
    BYTES,
    "Memory of the container, with the page cache.",
);

/// The working set.
pub const CONTAINER_MEMORY_WORKING_SET: MetricDescriptor = up_down_counter(
    "container.memory.working_set",
    BYTES,
    "Memory of the container without the page cache that was not used lately.",
);

/// The limit without the working set.
pub const CONTAINER_MEMORY_AVAILABLE: MetricDescriptor = up_down_counter(
    "container.memory.available",
    BYTES,
    "Memory up to the limit of the container.",
);

/// The metrics of this file, in the order of the catalogue.
pub(super) const TABLE: &[MetricDescriptor] = &[
    CONTAINER_CPU_TIME,
    CONTAINER_MEMORY_USAGE,
    CONTAINER_MEMORY_WORKING_SET,
    CONTAINER_MEMORY_AVAILABLE,
];
