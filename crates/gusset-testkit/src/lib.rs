#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
#[cfg(unix)]
mod child;
pub mod contract;
mod event_recorder;
mod panicking_recorder;
mod recording_observer;
mod scoped_subscriber;
mod shared_output;

pub use body::{ScriptError, ScriptedBody};
#[cfg(unix)]
pub use child::with_invalid_variables;
pub use event_recorder::{EventGuard, EventRecorder, RecordedEvent};
pub use panicking_recorder::PanickingRecorder;
pub use recording_observer::{RecordedCall, RecordingObserver, RecordingObserverCall};
pub use scoped_subscriber::{set_subscriber, with_subscriber};
pub use shared_output::SharedOutput;
