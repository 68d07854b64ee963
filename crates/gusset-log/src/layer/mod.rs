//! The layer for `tracing-subscriber`, which writes an entry for each event.

mod build;
mod builder;
mod drop_report;
mod encode;
mod event_ids;
mod event_meta;
mod log_layer;
mod log_record;
mod setting_warnings;
mod site_templates;
mod span_end;
mod spans;
mod state;
mod thread_buffer;

pub use self::builder::{LogLayerBuilder, LogPipeline};
pub use self::log_layer::LogLayer;
