//! The order of exports: the metrics of a flush or shutdown count its spans and log records.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_data::{LogSink as _, Metric, MetricProducer, SpanSink as _};
use gusset_otlp::{OtlpPipeline, OtlpProtocol, Signal};

use crate::receiver::{Behavior, Receiver};
use crate::support::{TEST_TIMEOUT, build_fast, counter, record, span};

/// Returns the number of received spans and records as a metric.
struct Received(Arc<Mutex<Receiver>>);

impl MetricProducer for Received {
    fn metrics(&self) -> Vec<Metric> {
        let receiver = self.0.lock().unwrap();
        let records = receiver.log_requests().len();
        vec![counter((receiver.spans().len() + records) as f64)]
    }
}

/// Returns the value of the last received metric.
fn last_value(receiver: &Receiver) -> i64 {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;

    let requests = receiver.metric_requests();
    let metric = &requests.last().unwrap().resource_metrics[0].scope_metrics[0].metrics[0];
    match &metric.data {
        Some(Data::Sum(sum)) => match sum.data_points[0].value {
            Some(Value::AsInt(value)) => value,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn metrics_come_after_spans_and_records() {
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
        let receiver = Receiver::start();
        // Otherwise the spans could arrive first by chance.
        receiver.set_behavior(Behavior::Delay(Duration::from_millis(50)));
        let url = receiver.url();
        let receiver = Arc::new(Mutex::new(receiver));
        let builder = OtlpPipeline::builder().endpoint(url).protocol(protocol);
        let builder = builder.metric_producer(Received(Arc::clone(&receiver)));
        let hour = [
            ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
        ];
        let mut pipeline = build_fast(builder, &hour);
        for expected in [2, 4] {
            pipeline.span_sink().export(span("a"));
            pipeline.log_sink().export(record("b"));
            assert!(pipeline.flush(TEST_TIMEOUT).completed_in_time());
            assert_eq!(last_value(&receiver.lock().unwrap()), expected, "flush");
        }
        pipeline.span_sink().export(span("a"));
        pipeline.log_sink().export(record("b"));
        assert!(pipeline.shutdown(TEST_TIMEOUT).completed_in_time());
        assert_eq!(last_value(&receiver.lock().unwrap()), 6, "shutdown");
    }
}

#[test]
fn stuck_spans_do_not_prevent_metrics() {
    let (hanging, receiver) = (Receiver::start(), Receiver::start());
    hanging.set_behavior(Behavior::NeverRespond);
    let url = receiver.url();
    let receiver = Arc::new(Mutex::new(receiver));
    let builder = OtlpPipeline::builder()
        .endpoint(url)
        .signal_endpoint(Signal::Traces, hanging.url())
        .metric_producer(Received(Arc::clone(&receiver)));
    let mut pipeline = build_fast(builder, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "60000")]);
    pipeline.span_sink().export(span("a"));
    hanging.next_request();
    let report = pipeline.flush(Duration::from_millis(800));
    assert!(!report.completed_in_time());
    assert_eq!(report.counts(Signal::Metrics).exported, 1, "{report:?}");
    let report = pipeline.shutdown(Duration::from_millis(800));
    assert_eq!(report.counts(Signal::Metrics).exported, 2, "{report:?}");
}
