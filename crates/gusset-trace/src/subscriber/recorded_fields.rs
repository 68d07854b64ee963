//! Fields that a handler records on the `tracing` span of its call.

use std::fmt;

use gusset_core::field;
use tracing::field::{Field, Visit};
use tracing::span::Record;

use crate::names;

/// Sets recorded values as own fields of the current call.
pub(super) fn set(values: &Record<'_>) {
    values.record(&mut Fields);
}

struct Fields;

/// Formats a value by its `Debug` implementation, as `%` and `?` pass it.
struct ByDebug<'a>(&'a dyn fmt::Debug);

// === impl Fields ===

impl Fields {
    fn set(field: &Field, value: impl fmt::Display) {
        if names::RECORDABLE.contains(&field.name()) {
            field::high(field.name(), value);
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        Self::set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        Self::set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        Self::set(field, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        Self::set(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        Self::set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        Self::set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        Self::set(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        Self::set(field, ByDebug(value));
    }
}

impl fmt::Display for ByDebug<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
