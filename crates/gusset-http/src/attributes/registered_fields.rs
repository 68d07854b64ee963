//! The own fields of calls whose values are registered.

use std::sync::Arc;

use gusset_core::field::{Field, FieldKind};

use crate::KnownMethods;

/// The registered names, each with its values. Shared, because options are cloned with their layers.
#[derive(Clone, Debug, Default)]
pub(super) struct RegisteredFields(Vec<Arc<RegisteredField>>);

#[derive(Debug)]
struct RegisteredField {
    name: Box<str>,
    values: Vec<Box<str>>,
}

// === impl RegisteredFields ===

impl RegisteredFields {
    /// Adds a name, or replaces its values.
    pub(super) fn add(&mut self, name: Box<str>, values: Vec<Box<str>>) {
        self.0.retain(|present| present.name != name);
        self.0.push(Arc::new(RegisteredField { name, values }));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[Box<str>])> {
        self.0.iter().map(|field| (&*field.name, &*field.values))
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.iter().any(|(known, _)| known == name)
    }

    /// Returns the value of a field: that of a low one is `_OTHER` if it is not registered for its name.
    pub(super) fn value<'a>(&self, field: &'a Field) -> &'a str {
        if field.kind() != FieldKind::Low {
            return field.value();
        }
        let mut fields = self.iter();
        match fields.find(|(name, _)| *name == field.name()) {
            Some((_, values)) if !values.iter().any(|value| **value == *field.value()) => {
                KnownMethods::OTHER
            }
            _ => field.value(),
        }
    }
}
