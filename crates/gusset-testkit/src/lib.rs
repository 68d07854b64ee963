#![doc = include_str!("../README.md")]

mod body;
pub mod contract;
mod witness;

pub use body::{ScriptError, ScriptedBody};
pub use witness::{Fact, Witness, WitnessCall};
