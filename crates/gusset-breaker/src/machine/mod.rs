//! The breaker as a pure machine: values in, values out. No atomics, no clock, no chance: `now` and
//! the dice are given. What shares it between threads is `shared`.

mod probes;
mod rules;

mod word;

pub(crate) use probes::{MOST_PROBES, Probes};
pub(crate) use rules::{Move, Rules, Share};
pub(crate) use word::{GENERATIONS, NEVER, Word};
