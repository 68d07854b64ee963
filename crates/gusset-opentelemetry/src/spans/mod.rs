//! Spans of gusset in the pipelines of the OpenTelemetry SDK.

mod live;
mod shared_processor;

pub use self::live::{LiveSpan, LiveSpans};
pub use self::shared_processor::SharedSpanProcessor;
