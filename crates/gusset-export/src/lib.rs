#![doc = include_str!("../README.md")]

mod log;
mod metric;
mod resource;
mod span;
mod text;
mod value;

pub use log::{LogRecord, LogSink, Severity};
pub use metric::{Exemplar, HistogramPoint, Labels, Metric, MetricData, MetricSource, NumberPoint};
pub use resource::Resource;
pub use span::{SpanData, SpanEvent, SpanKind, SpanLink, SpanSink, SpanStatus};
pub use text::Text;
pub use value::{Attribute, Value};
