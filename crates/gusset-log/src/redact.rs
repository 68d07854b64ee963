//! The redaction of secrets, which spans share.

pub use gusset_data::Redaction;
pub(crate) use gusset_data::redaction::{REDACTED, format_bounded};
