//! A limit that may be absent.

/// A limit of a cgroup or a process.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a limit is there or not; what is not known is `None` around it"
)]
pub enum Limit<T> {
    /// There is no limit: `max` in cgroup v2, `-1` or the greatest number in cgroup v1.
    Unlimited,
    /// The limit.
    Finite(T),
}

// === impl Limit ===

impl<T: Copy + PartialOrd> Limit<T> {
    /// Returns the limit, unless there is none.
    pub fn finite(self) -> Option<T> {
        match self {
            Self::Finite(limit) => Some(limit),
            Self::Unlimited => None,
        }
    }

    /// Returns the lesser of two limits.
    ///
    /// ```
    /// use gusset_system::Limit;
    ///
    /// let (leaf, parent) = (Limit::Unlimited, Limit::Finite(2.0));
    /// assert_eq!(leaf.min(parent), Limit::Finite(2.0));
    /// ```
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        match (self, other) {
            (Self::Finite(a), Self::Finite(b)) => Self::Finite(if b < a { b } else { a }),
            (Self::Finite(limit), Self::Unlimited) | (Self::Unlimited, Self::Finite(limit)) => {
                Self::Finite(limit)
            }
            (Self::Unlimited, Self::Unlimited) => Self::Unlimited,
        }
    }

    /// Returns the lesser of the limit and what there is at all, which may be unknown.
    pub(super) fn below(self, total: Option<T>) -> Option<T> {
        match (self, total) {
            (Self::Unlimited, total) => total,
            (Self::Finite(limit), Some(total)) if total < limit => Some(total),
            (Self::Finite(limit), _) => Some(limit),
        }
    }
}
