//! The own fields of a call that are labels.

use std::sync::{Mutex, OnceLock, PoisonError};

use gusset_core::CallContext;
use gusset_core::field::FieldKind;
use metrics::Counter;

use super::CallInstruments;
use crate::key::SeriesKey;
use crate::names::UNREGISTERED_FIELDS;
use crate::registered::registered;

/// How many names are warned of, so that the memory of them is bounded.
const MAX_WARNED_NAMES: usize = 32;

/// The fields that were set as low and are not registered.
#[derive(Debug, Default)]
pub(super) struct UnregisteredFields {
    counter: OnceLock<Counter>,
    warned: Mutex<Vec<Box<str>>>,
}

// === impl CallInstruments ===

impl CallInstruments {
    /// Sets the labels of the own fields that a call has now.
    #[inline]
    pub(super) fn label_fields(&self, key: &mut SeriesKey, cx: &CallContext) {
        if cx.fields().is_some() {
            self.label_fields_slow(key, cx, |_| ());
        }
    }

    /// Sets the labels of own fields at the end of a call, and counts those that are not registered.
    #[inline]
    pub(super) fn label_fields_at_end(&self, key: &mut SeriesKey, cx: &CallContext) {
        if cx.fields().is_some() {
            self.label_fields_slow(key, cx, |name| self.add_unregistered(name));
        }
    }

    #[cold]
    fn label_fields_slow(
        &self,
        key: &mut SeriesKey,
        cx: &CallContext,
        unregistered: impl Fn(&str),
    ) {
        let fields = cx.fields().unwrap_or_default();
        for field in fields.iter().filter(|field| field.kind() == FieldKind::Low) {
            let mut labels = self.labels.iter().zip(&mut key.labels);
            match labels.find(|(label, _)| label.is_field(field.name())) {
                Some((label, id)) => *id = label.listed_value(field.value()).0,
                None => unregistered(field.name()),
            }
        }
    }

    #[cold]
    fn add_unregistered(&self, name: &str) {
        let UnregisteredFields { counter, warned } = &self.unregistered_fields;
        let register = || UNREGISTERED_FIELDS.counter(&self.recorder, Vec::new());
        let counter = counter
            .get()
            .unwrap_or_else(|| registered(counter, register));
        counter.increment(1);
        let is_new = {
            let mut warned = warned.lock().unwrap_or_else(PoisonError::into_inner);
            let is_new = warned.len() < MAX_WARNED_NAMES && !warned.iter().any(|it| **it == *name);
            if is_new {
                warned.push(name.into());
            }
            is_new
        };
        if is_new {
            tracing::warn!(
                target: crate::TARGET,
                { gusset.field.name = name },
                "an own field was set with `low` and is not registered, so metrics do not have it; register its \
                 values with `field` of the builder, or set it with `high`"
            );
        }
    }
}
