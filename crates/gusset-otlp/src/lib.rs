#![doc = include_str!("../README.md")]

mod detect;
mod encode;
mod lane;
pub mod names;
mod report;
mod road;
mod settings;
mod signal;
mod sinks;
mod stats;
mod telemetry;
mod voice;
mod worker;

pub use gusset_core::ConfigError;
pub use gusset_data::Resource;
pub use report::{Count, Report};
pub use signal::{Protocol, Signal};
pub use sinks::{Logs, Spans};
pub use stats::SharedRecorder;
pub use telemetry::{Telemetry, TelemetryBuilder};
