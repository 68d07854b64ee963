//! The statuses of a protocol that are errors of the service.

use std::fmt;
use std::num::NonZeroU8;
use std::sync::OnceLock;

use crate::ConfigError;

/// The statuses that are errors of the service, instead of those that a classifier knows: for HTTP, a list
/// of status codes such as `500-599,429`.
///
/// A status in the list is a server error with the status as `error.type`, for log, trace, metrics and circuit
/// breakers alike. One that is not in the list is not an error. It is set on the layers
/// ([`ObserveLayer::with_error_statuses`](crate::ObserveLayer::with_error_statuses)), from which each call's
/// classifier receives it ([`Classify::with_error_statuses`](crate::Classify::with_error_statuses)).
///
/// One byte, because each call carries it. The lists themselves are kept for the process, which may have 255
/// different ones.
///
/// ```
/// use gusset_core::ErrorStatuses;
///
/// let statuses = ErrorStatuses::parse("500-599, 429")?;
/// assert!(statuses.contains(503) && statuses.contains(429));
/// assert!(!statuses.contains(404));
/// let error = ErrorStatuses::parse("500-").unwrap_err();
/// assert_eq!(error.to_string(), "`error_statuses`: `500-` is not a status or a range of statuses");
/// # Ok::<(), gusset_core::ConfigError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ErrorStatuses(NonZeroU8);

/// One bit for each status.
type Bits = [u64; (MAX_STATUS / 64 + 1) as usize];

/// The highest status of HTTP (RFC 9110, 15: three digits).
const MAX_STATUS: u16 = 999;

/// The different lists of the process. A list is never removed, so that it can be read without a lock.
static LISTS: [OnceLock<Box<Bits>>; 255] = [const { OnceLock::new() }; 255];

// === impl ErrorStatuses ===

impl ErrorStatuses {
    /// Parses a list of statuses and ranges, separated by commas: `500-599,429`.
    ///
    /// # Errors
    /// If a part is not a status from 0 to 999 or a range of them, or if there is none.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        let mut unreadable = None;
        let statuses = Self::parse_readable(list, |part| {
            unreadable.get_or_insert(part.to_owned());
        });
        let fail = |reason: String| ConfigError::new("error_statuses", reason);
        match (unreadable, statuses) {
            (Some(part), _) => Err(fail(format!(
                "`{part}` is not a status or a range of statuses"
            ))),
            (None, Some(statuses)) => Ok(statuses),
            (None, None) => Err(fail("the list is empty".to_owned())),
        }
    }

    /// Parses a list as [`parse`](Self::parse), and passes the parts that cannot be read to a function. Returns
    /// `None` if no part can be read.
    pub fn parse_readable(list: &str, mut unreadable: impl FnMut(&str)) -> Option<Self> {
        let mut bits: Bits = Default::default();
        let parts = list.split(',').map(str::trim);
        for part in parts.filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            match (parse_status(first), parse_status(last)) {
                (Some(first), Some(last)) if first <= last => {
                    (first..=last).for_each(|status| bits[word(status)] |= bit(status));
                }
                _ => unreadable(part),
            }
        }
        (bits != Bits::default())
            .then(|| Self::keep(bits))
            .flatten()
    }

    /// Returns whether a status is an error.
    #[inline]
    pub fn contains(self, status: u16) -> bool {
        let list = LISTS[usize::from(self.0.get() - 1)].get();
        status <= MAX_STATUS && list.is_some_and(|bits| bits[word(status)] & bit(status) != 0)
    }

    /// Keeps a list, or returns the same one that is kept already. Returns `None` if there are too many.
    fn keep(bits: Bits) -> Option<Self> {
        let at = LISTS
            .iter()
            .position(|list| **list.get_or_init(|| Box::new(bits)) == bits)?;
        let number = u8::try_from(at + 1).ok()?;
        NonZeroU8::new(number).map(Self)
    }
}

impl fmt::Debug for ErrorStatuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses = (0..=MAX_STATUS).filter(|status| self.contains(*status));
        f.debug_set().entries(statuses).finish()
    }
}

fn parse_status(text: &str) -> Option<u16> {
    let text = text.trim();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let status = is_number.then(|| text.parse().ok()).flatten()?;
    (status <= MAX_STATUS).then_some(status)
}

fn word(status: u16) -> usize {
    usize::from(status / 64)
}

fn bit(status: u16) -> u64 {
    1 << (status % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(list: &str) -> Vec<u16> {
        let statuses = ErrorStatuses::parse(list).expect("a list");
        (0..=MAX_STATUS)
            .filter(|status| statuses.contains(*status))
            .collect()
    }

    #[test]
    fn list_has_statuses_and_ranges() {
        assert_eq!(statuses("429"), [429]);
        assert_eq!(
            statuses(" 500 - 502 , 429,, 0,999 "),
            [0, 429, 500, 501, 502, 999]
        );
        assert_eq!(statuses("63-65"), [63, 64, 65]);
    }

    #[test]
    fn unreadable_part_is_an_error() {
        for list in [
            "", " , ", "5xx", "500-", "-500", "599-500", "1000", "+500", "500;501",
        ] {
            let error = ErrorStatuses::parse(list).expect_err(list);
            assert_eq!(error.setting(), "error_statuses");
        }
    }

    #[test]
    fn readable_parts_are_kept() {
        let mut unreadable = Vec::new();
        let list = ErrorStatuses::parse_readable("5xx,500,7-", |part| {
            unreadable.push(part.to_owned());
        });
        assert!(list.is_some_and(|list| list.contains(500) && !list.contains(501)));
        assert_eq!(unreadable, ["5xx", "7-"]);
        assert_eq!(ErrorStatuses::parse_readable("5xx", |_| ()), None);
    }

    #[test]
    fn equal_lists_are_kept_once() {
        let parse = |list| ErrorStatuses::parse(list).expect("a list");
        for _ in 0..1_000 {
            assert_eq!(parse("400-402"), parse("400,401,402"));
        }
        assert_ne!(parse("400"), parse("401"));
        assert_eq!(size_of::<Option<ErrorStatuses>>(), 1);
    }
}
