//! Names of events as constants, which OpenTelemetry demands.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

/// The names of the process. They come from call sites, so there are few. They are never freed.
static NAMES: RwLock<BTreeSet<&'static str>> = RwLock::new(BTreeSet::new());

/// A bound for names that a custom source of records makes at run time.
const MAX_NAMES: usize = 1000;
const MAX_NAME_BYTES: usize = 256;

/// Returns a name as a constant, or `None` if there are too many or it is too long.
///
/// Costs a read lock; the first time, the memory of the name.
pub(super) fn event_name(name: &str) -> Option<&'static str> {
    let names = NAMES.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    drop(names);
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    intern(&mut names, name)
}

fn intern(names: &mut BTreeSet<&'static str>, name: &str) -> Option<&'static str> {
    // Another thread may have added it between the two locks.
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    if names.len() >= MAX_NAMES || name.len() > MAX_NAME_BYTES {
        return None;
    }
    let constant: &'static str = Box::leak(name.into());
    names.insert(constant);
    Some(constant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_kept_once() {
        let made = ["a", "b"].join(".");
        let (first, second) = (event_name("a.b"), event_name(&made));
        assert_eq!(first, Some("a.b"));
        assert!(std::ptr::eq(first.unwrap(), second.unwrap()));
    }

    #[test]
    fn names_are_bounded() {
        let mut names = BTreeSet::new();
        for at in 0..MAX_NAMES {
            assert!(intern(&mut names, &at.to_string()).is_some());
        }
        assert_eq!(intern(&mut names, "one more"), None);
        assert_eq!(intern(&mut names, "7"), Some("7"));
        let long = "a".repeat(MAX_NAME_BYTES + 1);
        assert_eq!(intern(&mut BTreeSet::new(), &long), None);
    }
}
