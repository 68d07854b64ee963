#![doc = include_str!("../README.md")]

mod log;
mod metric;
mod resource;
mod shared_str;
mod span;
mod value;

pub use log::{LogRecord, LogSink, Severity};
pub use metric::{
    Exemplar, HistogramDataPoint, Labels, Metric, MetricData, MetricProducer, NumberDataPoint,
};
pub use resource::Resource;
pub use shared_str::SharedStr;
pub use span::{SpanData, SpanEvent, SpanKind, SpanLink, SpanSink, SpanStatus};
pub use value::{Attribute, Value};
