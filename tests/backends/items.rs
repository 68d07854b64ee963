//! Spans, records and metrics to export. Each has a number that occurs once in a test.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gusset_data::{
    HistogramDataPoint, Labels, LogRecord, Metric, MetricData, MetricProducer, NumberDataPoint,
    Severity, SpanData, SpanKind, SpanStatus,
};

const TRACE_ID: [u8; 16] = [0x5a; 16];

/// Returns a span whose id is `number`.
pub(crate) fn span(number: u64) -> SpanData {
    SpanData {
        trace_id: TRACE_ID,
        span_id: number.to_be_bytes(),
        parent_span_id: None,
        parent_is_remote: false,
        flags: 1,
        trace_state: "".into(),
        name: "GET /orders/{id}".into(),
        kind: SpanKind::Server,
        scope: "test".into(),
        start: SystemTime::now(),
        end: SystemTime::now(),
        attributes: Vec::new(),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: SpanStatus::Unset,
    }
}

/// Returns a record of the span `number`.
pub(crate) fn record(number: u64) -> LogRecord {
    LogRecord {
        time: SystemTime::now(),
        severity: Severity::Info,
        scope: "test".into(),
        event_name: None,
        body: "an order".into(),
        attributes: Vec::new(),
        dropped_attributes: 0,
        trace_id: Some(TRACE_ID),
        span_id: Some(number.to_be_bytes()),
        flags: 1,
    }
}

/// Four points of metrics of all kinds, whose label is `number`.
pub(crate) struct FourPoints(pub(crate) u64);

impl MetricProducer for FourPoints {
    fn metrics(&self) -> Vec<Metric> {
        let start = UNIX_EPOCH + Duration::from_secs(1);
        let labels = || Labels::from([("number".into(), self.0.to_string().into())]);
        let point = |value| NumberDataPoint {
            labels: labels(),
            start,
            value,
        };
        let second = NumberDataPoint {
            labels: Labels::from([
                ("number".into(), self.0.to_string().into()),
                ("second".into(), "true".into()),
            ]),
            start,
            value: 2.0,
        };
        let histogram = HistogramDataPoint {
            labels: labels(),
            start,
            bounds: [0.1, 1.0].into(),
            counts: vec![1, 2, 3],
            sum: Some(9.5),
            exemplars: Vec::new(),
        };
        let metric = |name: &'static str, data| Metric {
            name: name.into(),
            unit: "{order}".into(),
            description: "Orders.".into(),
            data,
        };
        vec![
            metric("orders", MetricData::Counter(vec![point(7.0), second])),
            metric("orders.active", MetricData::Gauge(vec![point(-3.0)])),
            metric("orders.size", MetricData::Histogram(vec![histogram])),
        ]
    }
}
