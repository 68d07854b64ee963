#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod job;
mod jobs;
mod metrics;
pub mod names;
mod overdue;
mod schedule;
mod state;

pub use job::JobBuilder;
pub use jobs::Jobs;
pub use overdue::OverdueJob;

/// The target of all log events of this crate.
const TARGET: &str = "gusset::jobs";
