#![doc = include_str!("../README.md")]

mod body;
mod witness;

pub use body::{ScriptError, ScriptedBody};
pub use witness::{Fact, Witness, WitnessCall};
