//! The cases of the adaptive throttle.

use crate::schema::Adaptive;

/// Compares each case with what the throttle computes.
pub(crate) fn check(_cases: &[Adaptive], _mismatches: &mut Vec<String>) {}
