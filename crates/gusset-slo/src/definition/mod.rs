//! Objectives and normal ranges, as a service states them.

mod objective;
mod range;
mod subject;

pub use self::objective::{Indicator, Objective};
pub(crate) use self::range::STEP;
pub use self::range::{Aggregate, Hold, Mode, NormalRange};
pub use self::subject::Subject;

use gusset_core::ConfigError;

/// Checks the name of an objective, a range or a service: it is a label, a part of names of alerts, and an
/// object's name in OpenSLO, which has the rules of Kubernetes (RFC 1123).
pub(crate) fn check_name(setting: &str, name: &str) -> Result<(), ConfigError> {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts_and_ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_valid = (1..=63).contains(&name.len())
        && name.chars().all(is_allowed)
        && name.starts_with(starts_and_ends)
        && name.ends_with(starts_and_ends);
    match is_valid {
        true => Ok(()),
        false => Err(ConfigError::new(
            setting,
            format_args!("{name:?} is not a name: a-z, 0-9 and `-`, up to 63 characters"),
        )),
    }
}
