//! The calls of some time, added up.

use std::fmt;
use std::time::Duration;

use gusset_core::Outcome;

use super::EndFacts;

/// The calls that ended in some time, usually a second.
///
/// `Display` is a line for people: `12 calls, 1 errors, 0 cancelled, slowest 0.250 s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallTotals {
    /// All calls.
    pub calls: u64,
    /// Those with an error of the server.
    pub errors: u64,
    /// Those that were cancelled.
    pub cancelled: u64,
    /// The longest duration.
    pub slowest: Duration,
}

// === impl CallTotals ===

impl CallTotals {
    #[inline]
    pub(crate) fn add(&mut self, end: &EndFacts) {
        self.calls += 1;
        self.errors += u64::from(end.outcome == Some(Outcome::ServerError));
        self.cancelled += u64::from(end.outcome == Some(Outcome::Cancelled));
        self.slowest = self.slowest.max(end.duration);
    }

    /// Returns the calls of both.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            errors: self.errors + other.errors,
            cancelled: self.cancelled + other.cancelled,
            slowest: self.slowest.max(other.slowest),
        }
    }
}

impl fmt::Display for CallTotals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            calls,
            errors,
            cancelled,
            slowest,
        } = self;
        let slowest = slowest.as_secs_f64();
        write!(
            f,
            "{calls} calls, {errors} errors, {cancelled} cancelled, slowest {slowest:.3} s"
        )
    }
}

impl CallTotals {
    /// Reads a line. `None` if it is not one that `Display` writes.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let mut fields = line.split(", ");
        let mut number = |unit: &str| {
            let field = fields.next()?.strip_suffix(unit)?;
            field.trim_end().parse().ok()
        };
        let (calls, errors, cancelled) =
            (number("calls")?, number("errors")?, number("cancelled")?);
        let slowest = fields
            .next()?
            .strip_prefix("slowest ")?
            .strip_suffix(" s")?;
        Some(Self {
            calls,
            errors,
            cancelled,
            slowest: Duration::try_from_secs_f64(slowest.parse().ok()?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_read_as_it_was_written() {
        let totals = CallTotals {
            calls: 12,
            errors: 1,
            cancelled: 2,
            slowest: Duration::from_millis(1250),
        };
        let line = "12 calls, 1 errors, 2 cancelled, slowest 1.250 s";
        assert_eq!(totals.to_string(), line);
        assert_eq!(CallTotals::from_line(line), Some(totals));
        for cut in 0..line.len() {
            assert_eq!(CallTotals::from_line(&line[..cut]), None);
        }
    }
}
