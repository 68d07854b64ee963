//! Checks the members of baggage that are own fields.

use std::borrow::Cow;

use gusset_core::field::MAX_NAME_BYTES;

use crate::ConfigError;

/// Checks the keys of `baggage_fields`.
pub(super) fn check_names(keys: &[Cow<'static, str>]) -> Result<(), ConfigError> {
    let is_valid = |key: &&Cow<'static, str>| (1..=MAX_NAME_BYTES).contains(&key.len());
    match keys.iter().find(|key| !is_valid(key)) {
        Some(key) => {
            let reason = format_args!("`{key}` is empty or too long");
            Err(ConfigError::new("baggage_fields", reason))
        }
        None => Ok(()),
    }
}
