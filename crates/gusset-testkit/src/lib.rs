#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
pub mod contract;
mod panicking_recorder;
mod recording_observer;

pub use body::{ScriptError, ScriptedBody};
pub use panicking_recorder::PanickingRecorder;
pub use recording_observer::{RecordedCall, RecordingObserver, RecordingObserverCall};
