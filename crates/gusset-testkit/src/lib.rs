#![doc = include_str!("../README.md")]

mod body;
pub mod contract;
mod recording_observer;

pub use body::{ScriptError, ScriptedBody};
pub use recording_observer::{RecordedCall, RecordingObserver, RecordingObserverCall};
