//! The own fields of a call, as its entry has them.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use gusset_core::field::CallFields;
use gusset_http::RequestOptions;

use crate::redact::Redaction;

#[derive(Clone, Copy)]
pub(crate) struct OwnFields<'a> {
    fields: &'a CallFields,
    options: &'a RequestOptions,
}

// === impl OwnFields ===

impl<'a> OwnFields<'a> {
    pub(super) fn new(fields: &'a CallFields, options: &'a RequestOptions) -> Self {
        Self { fields, options }
    }

    /// Returns the names and the values, without secrets.
    pub(crate) fn redacted(
        self,
        redaction: &'a Redaction,
    ) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        self.fields.iter().map(move |field| {
            let value = self.options.field_value(field);
            (field.name(), redaction.redact_field(field.name(), value))
        })
    }

    /// Returns how many fields were over the limits of a call.
    pub(crate) fn dropped(self) -> u32 {
        self.fields.dropped()
    }
}

/// For subscribers that have no redaction of their own, so that the default one applies.
impl fmt::Display for OwnFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static REDACTION: LazyLock<Redaction> = LazyLock::new(Redaction::default);
        let mut separator = "";
        for (name, value) in self.redacted(&REDACTION) {
            write!(f, "{separator}{name}={value:?}")?;
            separator = " ";
        }
        Ok(())
    }
}
