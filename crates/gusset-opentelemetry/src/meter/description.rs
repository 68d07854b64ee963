//! What an instrument is created with.

use std::borrow::Cow;

use gusset_data::{InstrumentKind, MetricDescriptor, Unit, default_boundaries, ucum};
use metrics::{SharedString, Unit as FacadeUnit};

/// The description of a metric. The default is that of a metric that is not described.
#[derive(Debug, Default)]
pub(super) struct Description {
    unit: Option<FacadeUnit>,
    help: Cow<'static, str>,
    /// That of gusset's own metrics, and of others that are described with one.
    descriptor: Option<MetricDescriptor>,
}

/// The limits of OpenTelemetry's API for names and units.
const MAX_NAME_BYTES: usize = 255;
const MAX_UNIT_BYTES: usize = 63;

// === impl Description ===

impl Description {
    /// Creates the description that a recorder gets on this thread.
    pub(super) fn new(unit: Option<FacadeUnit>, help: SharedString) -> Self {
        Self {
            unit,
            help: help.into(),
            descriptor: MetricDescriptor::being_described(),
        }
    }

    /// Returns the unit in UCUM; empty if there is none.
    pub(super) fn ucum(&self) -> &'static str {
        let unit = match &self.descriptor {
            Some(descriptor) => descriptor.unit.as_ucum(),
            None => self.unit.map_or("", ucum),
        };
        // With any other unit, the SDK would record nothing.
        let is_valid = unit.is_ascii() && unit.len() <= MAX_UNIT_BYTES;
        if is_valid { unit } else { "" }
    }

    pub(super) fn help(&self) -> Cow<'static, str> {
        self.help.clone()
    }

    pub(super) fn kind(&self) -> Option<InstrumentKind> {
        self.descriptor.map(|descriptor| descriptor.kind)
    }

    /// Returns whether the values are integers: counts or bytes.
    pub(super) fn is_count(&self) -> bool {
        let unit = self.descriptor.map(|descriptor| descriptor.unit);
        matches!(unit, Some(Unit::Count(_) | Unit::Bytes))
    }

    /// Returns the bucket boundaries of the histogram with this name.
    pub(super) fn boundaries(&self, name: &str) -> Vec<f64> {
        let own = self.descriptor.and_then(|descriptor| descriptor.boundaries);
        own.unwrap_or_else(|| default_boundaries(name, self.unit))
            .to_vec()
    }
}

/// Returns a valid name of an instrument. With any other name, the SDK would record nothing.
pub(super) fn instrument_name(name: &str) -> String {
    let is_valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    let valid = name.chars().map(|c| if is_valid(c) { c } else { '_' });
    let prefix = if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        ""
    } else {
        "m_"
    };
    prefix.chars().chain(valid).take(MAX_NAME_BYTES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_valid() {
        assert_eq!(instrument_name("http.server/a-b_c"), "http.server/a-b_c");
        assert_eq!(instrument_name("größe der queue"), "gr__e_der_queue");
        assert_eq!(instrument_name("5xx"), "m_5xx");
        assert_eq!(instrument_name(""), "m_");
        assert_eq!(instrument_name(&"a".repeat(300)).len(), MAX_NAME_BYTES);
    }
}
