//! The attributes of a server's log record, made from its access record instead of its event.
//!
//! The result is the same as from the event; a test compares them.

use gusset_data::{Attribute, SharedStr};

use super::display::seconds;
use super::fields::{fields, select_fields};
use super::record::AccessRecord;
use crate::names;

macro_rules! add_fields {
    ([$attributes:ident] $($presence:ident $kind:ident $key:ident = $value:expr;)*) => {
        $(add_field!($presence $kind $key = $value, $attributes);)*
    };
}

macro_rules! add_field {
    // The semantic conventions have lists of header values.
    (always $kind:ident HTTP_REQUEST_HEADER_REFERER = $value:expr, $attributes:ident) => {{
        let values: Vec<SharedStr> = vec![$value.to_string().into()];
        $attributes.push((names::HTTP_REQUEST_HEADER_REFERER.into(), values.into()));
    }};
    (always seconds $key:ident = $value:expr, $attributes:ident) => {
        $attributes.push((names::record_key(names::$key).into(), seconds($value).into()))
    };
    (always $kind:ident $key:ident = $value:expr, $attributes:ident) => {
        $attributes.push((names::$key.into(), attribute_value!($kind $value).into()))
    };
    // They are added later, under their own names.
    (option own_fields $key:ident = $value:expr, $attributes:ident) => {};
    (option $kind:ident $key:ident = $value:expr, $attributes:ident) => {
        if let Some(value) = $value {
            add_field!(always $kind $key = value, $attributes);
        }
    };
}

/// Converts the value of a row to one of an attribute. Values from a fixed set are not copied.
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
    (seconds $value:expr) => {
        seconds($value)
    };
    (display $value:expr) => {
        $value.to_string()
    };
    (query $value:expr) => {
        $value.to_string()
    };
    ($version_scheme_or_outcome:ident $value:expr) => {
        $value.as_str()
    };
}

// === impl AccessRecord ===

impl AccessRecord {
    pub(crate) fn body(&self) -> SharedStr {
        let [method, target, result] = self.message();
        SharedStr::concat([method, " ", target, " ", result])
    }

    pub(crate) fn to_attributes(&self) -> Vec<Attribute> {
        // The request id is added later. Most requests fit without growing.
        let mut attributes = Vec::with_capacity(16);
        let (record, http) = (self, self.attributes());
        fields!(http_server(record, http) => add_fields!(attributes));
        attributes
    }
}
