//! The attributes of a server's log record, made from its access record instead of its event.
//!
//! The result is the same as from the event; a test compares them.

use gusset_data::{Attribute, SharedStr, Value};

use super::config::Side;
use super::display::{LossyHeader, Summary, seconds, version_str};
use super::fields::server_fields;
use super::record::AccessRecord;
use crate::names;

/// Adds the rows of a table in `fields.rs`.
macro_rules! add_fields {
    ([$attributes:ident] $($presence:ident $kind:ident $key:ident = $value:expr;)*) => {
        $(add_field!($presence $kind $key = $value, $attributes);)*
    };
}

/// Adds one field, by its kind. Values from a fixed set are not copied.
macro_rules! add_field {
    (always $kind:ident $key:ident = $value:expr, $attributes:ident) => {
        $attributes.add(names::$key, attribute_value!($kind $value))
    };
    ($presence:ident version $key:ident = $value:expr, $attributes:ident) => {
        $attributes.add_some(names::$key, version_str($value))
    };
    ($presence:ident $kind:ident $key:ident = $value:expr, $attributes:ident) => {
        $attributes.add_some(names::$key, $value.map(|value| attribute_value!($kind value)))
    };
}

/// Converts the value of a row to one of an attribute.
macro_rules! attribute_value {
    (token $value:expr) => {
        $value
    };
    (number $value:expr) => {
        $value
    };
    (status $value:expr) => {
        i64::from($value)
    };
    (text $value:expr) => {
        SharedStr::new($value)
    };
    (route $value:expr) => {
        SharedStr::new($value)
    };
    (header $value:expr) => {
        LossyHeader::to_text($value)
    };
    (display $value:expr) => {
        $value.to_string()
    };
    (query $value:expr) => {
        $value.to_string()
    };
    (seconds $value:expr) => {
        seconds($value)
    };
    (outcome $value:expr) => {
        $value.as_str()
    };
}

// === impl AccessRecord ===

impl AccessRecord {
    /// Returns whether the attributes can be made without the event.
    #[inline]
    pub(crate) fn has_attributes(&self) -> bool {
        self.config().side == Side::Server
    }

    /// Returns the message.
    pub(crate) fn body(&self) -> SharedStr {
        let Summary {
            method,
            target,
            result,
        } = self.summary();
        SharedStr::concat([method, " ", target, " ", result])
    }

    /// Returns the attributes.
    pub(crate) fn attributes(&self) -> Vec<Attribute> {
        // The request id is added later. Most requests fit without growing.
        let mut attributes = Attributes(Vec::with_capacity(16));
        let record = self;
        server_fields!(record => add_fields!(attributes));
        attributes.0
    }
}

struct Attributes(Vec<Attribute>);

// === impl Attributes ===

impl Attributes {
    #[inline]
    fn add(&mut self, key: &'static str, value: impl Into<Value>) {
        self.0.push((key.into(), value.into()));
    }

    #[inline]
    fn add_some(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.add(key, value);
        }
    }
}
