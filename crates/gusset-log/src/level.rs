//! Log levels as indices and names.

use tracing::Level;

pub(crate) const LEVELS: [Level; 5] = [
    Level::ERROR,
    Level::WARN,
    Level::INFO,
    Level::DEBUG,
    Level::TRACE,
];

/// A count for each level, in the order of [`LEVELS`].
pub(crate) type PerLevel = [u64; 5];

#[inline]
pub(crate) fn level_index(level: Level) -> usize {
    match level {
        Level::ERROR => 0,
        Level::WARN => 1,
        Level::INFO => 2,
        Level::DEBUG => 3,
        Level::TRACE => 4,
    }
}

/// Returns the name of a level in lower case.
pub(crate) fn level_name(level: Level) -> &'static str {
    ["error", "warn", "info", "debug", "trace"][level_index(level)]
}
