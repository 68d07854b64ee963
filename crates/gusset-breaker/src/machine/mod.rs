//! The breaker as a pure state machine, without atomics, clock or randomness.
//!
//! The time and the random numbers are parameters. `shared` runs it on several threads.

mod packed_state;
mod probes;
mod rules;

pub(crate) use packed_state::{GENERATIONS, NEVER, PackedState};
pub(crate) use probes::{MAX_PROBES, Probes};
pub(crate) use rules::{Move, Ratio, Rules};
