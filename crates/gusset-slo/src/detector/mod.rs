//! When an objective or a range counts as left: state machines that are given their values.

mod adaptive;
mod hold;
mod learned;
mod range;
#[cfg(test)]
mod simulation;

pub(crate) use self::hold::HoldDetector;
pub use self::learned::ProposedRange;
pub(crate) use self::range::RangeDetector;
pub(crate) use crate::State;
