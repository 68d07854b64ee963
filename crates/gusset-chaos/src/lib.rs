#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod arming;
mod body;
mod builder;
mod chaos;
#[cfg(feature = "control")]
pub mod control;
mod draw;
mod error;
pub mod experiment;
mod fault;
mod injection;
mod layer;
mod limits;
#[cfg(all(test, loom))]
mod loom;
mod mark;
mod metrics;
pub mod names;
#[cfg(feature = "process")]
pub mod process;
mod replay;
mod rule;
mod state;
mod sync;
mod wait;

pub use arming::{ArmError, Arming, StopReason};
pub use body::FaultBody;
pub use builder::ChaosBuilder;
pub use chaos::{ArmGuard, Chaos, Status};
pub use error::{InjectedError, InjectedErrorKind};
pub use experiment::experiment;
pub use fault::{BodyFault, Delay, Fault, FaultKind, Latency};
pub use gusset_core::ConfigError;
pub use gusset_data::SharedRecorder;
pub use layer::{
    CallKind, ChaosFuture, ChaosLayer, ChaosService, ErrorFn, HttpCalls, MakeError, NoErrors,
    ServiceCalls,
};
pub use limits::Limits;
pub use mark::Injected;
pub use replay::{Decision, ReplayLog};
pub use rule::{OnDisarm, Pick, Rule, RuleSet};
pub use state::RuleCounts;

/// The target of all log events of this crate.
const TARGET: &str = "gusset::chaos";
