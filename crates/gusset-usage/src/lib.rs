#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bots;
mod builder;
mod calls;
mod metrics;
pub mod names;
mod observer;
mod report;
mod shared;
mod show;
mod sign_ins;
mod sketch;
mod time;
mod usage;
mod visitors;

pub use gusset_core::ConfigError;

pub use self::bots::BOTS;
pub use self::builder::UsageBuilder;
pub use self::observer::{UsageCall, UsageObserver};
pub use self::report::{PageUsage, UsageReport, WindowUsage};
pub use self::sign_ins::{FailureCount, FailureReason, SignInClient, SignInReport, SignIns};
pub use self::usage::Usage;
pub use self::visitors::visitor_key_panics;
