//! The fields of one call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Field, MAX_FIELDS, MAX_NAME_BYTES};

/// The own fields of a call, in the order in which they were first set.
///
/// Observers get them from [`CallContext::fields`](crate::CallContext::fields).
#[derive(Clone, Debug, Default)]
pub struct CallFields(Arc<FieldList>);

#[derive(Clone, Debug, Default)]
struct FieldList {
    fields: Vec<Field>,
    dropped: u32,
}

/// The fields of a call in progress, shared by the drivers of one request and by its tasks.
///
/// It is locked for a few instructions, and never while foreign code runs: readers get a copy of the
/// reference, and a later change then copies the list.
#[derive(Debug, Default)]
pub(crate) struct SharedFields(Mutex<CallFields>);

// === impl CallFields ===

impl CallFields {
    /// Returns the fields.
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.0.fields.iter()
    }

    /// Returns the field with this name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.iter().find(|field| field.name() == name)
    }

    /// Returns how many fields were dropped: those over [`MAX_FIELDS`], and those with no name or one of more
    /// than [`MAX_NAME_BYTES`].
    pub fn dropped(&self) -> u32 {
        self.0.dropped
    }

    fn set(&mut self, field: Field) {
        let FieldList { fields, dropped } = Arc::make_mut(&mut self.0);
        let name = field.name();
        if let Some(present) = fields.iter_mut().find(|present| present.name() == name) {
            *present = field;
            return;
        }
        let is_valid = (1..=MAX_NAME_BYTES).contains(&name.len());
        match is_valid && fields.len() < MAX_FIELDS {
            true => fields.push(field),
            false => *dropped += 1,
        }
    }
}

// === impl SharedFields ===

impl SharedFields {
    pub(crate) fn set(&self, field: Field) {
        self.lock().set(field);
    }

    /// Returns the fields, or `None` if none was set.
    pub(crate) fn get(&self) -> Option<CallFields> {
        let fields = self.lock().clone();
        let is_empty = fields.0.fields.is_empty() && fields.dropped() == 0;
        (!is_empty).then_some(fields)
    }

    /// Ignores poison: no change can be interrupted by a panic.
    fn lock(&self) -> MutexGuard<'_, CallFields> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
