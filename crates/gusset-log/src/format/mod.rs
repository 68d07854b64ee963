//! The formats of log entries.

pub(crate) mod clf;
mod escape_scan;
pub(crate) mod fast_digits;
mod frame;
pub(crate) mod json;
pub(crate) mod json_escape;
pub(crate) mod keys;
pub(crate) mod line_buffer;
pub(crate) mod logfmt;
mod output;
pub(crate) mod own_fields;
pub(crate) mod pretty;
pub(crate) mod pretty_access;
pub(crate) mod schema;
mod source_location;
pub(crate) mod template;
pub(crate) mod time;
mod units;
pub(crate) mod variable;
pub(crate) mod visit;

pub use self::output::Format;
