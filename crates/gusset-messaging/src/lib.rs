#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod headers;
mod memory_queue;
mod message_span;
mod metrics;
pub mod names;
mod report;
mod settlement;
mod source;
mod worker;

pub use memory_queue::{MemoryQueue, QueuedMessage};
pub use message_span::MessageSpans;
pub use report::WorkerReport;
pub use settlement::{Settlement, SettlementClassifier};
pub use source::{Acknowledge, Delivery, Received, Source};
pub use worker::Worker;

/// The target of all log events of this crate.
const TARGET: &str = "gusset::messaging";

/// A boxed error.
type BoxError = Box<dyn std::error::Error + Send + Sync>;
