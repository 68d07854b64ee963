//! The shutdown returns by its deadline, whatever the receiver does and on any runtime.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::{ExportReport, OtlpPipeline, OtlpProtocol, Signal};
use tokio::runtime::Builder;
use tokio::time::Instant;

use crate::receiver::{Behavior, Receiver, reserve_port};
use crate::support::{CapturedLogs, TEST_TIMEOUT, build_fast, counter, record, span};

const DEADLINE: Duration = Duration::from_millis(300);
/// The delay that a busy machine may add.
const SLACK: Duration = Duration::from_secs(2);

const SPANS: u64 = 40;

/// Returns a pipeline with items in each queue.
fn loaded_pipeline(url: &str, protocol: OtlpProtocol) -> OtlpPipeline {
    let producer = || vec![counter(1.0)];
    let pipeline = build_fast(
        OtlpPipeline::builder()
            .endpoint(url)
            .protocol(protocol)
            .metric_producer(ProducerFn(producer)),
        &[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "16")],
    );
    for _ in 0..SPANS {
        pipeline.span_sink().export(span("a"));
    }
    pipeline.log_sink().export(record("b"));
    pipeline
}

struct ProducerFn<F>(F);

impl<F: Fn() -> Vec<gusset_data::Metric> + Send + Sync + 'static> gusset_data::MetricProducer
    for ProducerFn<F>
{
    fn metrics(&self) -> Vec<gusset_data::Metric> {
        (self.0)()
    }
}

type ShutdownFn = fn(OtlpPipeline) -> ExportReport;

/// Returns all ways to shut down, with their names.
fn shutdown_fns() -> Vec<(&'static str, ShutdownFn)> {
    fn current() -> tokio::runtime::Runtime {
        Builder::new_current_thread().build().unwrap()
    }
    fn multi() -> tokio::runtime::Runtime {
        Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap()
    }
    vec![
        ("no runtime", |pipeline| pipeline.shutdown(DEADLINE)),
        ("current-thread", |pipeline| {
            current().block_on(async { pipeline.shutdown(DEADLINE) })
        }),
        ("multi-thread", |pipeline| {
            multi().block_on(async {
                tokio::spawn(async { pipeline.shutdown(DEADLINE) })
                    .await
                    .unwrap()
            })
        }),
        ("current-thread, async", |pipeline| {
            current().block_on(pipeline.shutdown_async(DEADLINE))
        }),
        ("multi-thread, async", |pipeline| {
            multi().block_on(async {
                tokio::spawn(pipeline.shutdown_async(DEADLINE))
                    .await
                    .unwrap()
            })
        }),
    ]
}

#[track_caller]
fn assert_shutdown_in_time(what: &str, url: &str, protocol: OtlpProtocol) {
    for (way, shut_down) in shutdown_fns() {
        let pipeline = loaded_pipeline(url, protocol);
        let start = Instant::now();
        let report = shut_down(pipeline);
        let took = start.elapsed();
        assert!(
            took < DEADLINE + SLACK,
            "{what}, {way}, {protocol}: {took:?}"
        );
        let spans = report.counts(Signal::Traces);
        assert_eq!(
            spans.dropped(),
            SPANS,
            "{what}, {way}, {protocol}: {report:?}"
        );
        assert_eq!(spans.exported, 0, "{what}, {way}, {protocol}: {report:?}");
        assert_eq!(
            report.counts(Signal::Logs).dropped(),
            1,
            "{what}, {way}, {protocol}: {report:?}"
        );
    }
}

#[test]
fn shutdown_is_in_time_without_receiver() {
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
        let (address, _socket) = reserve_port();
        assert_shutdown_in_time("down", &format!("http://{address}"), protocol);
    }
}

#[test]
fn shutdown_is_in_time_without_response_on_connection() {
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        assert_shutdown_in_time("silent", &url, protocol);
    }
}

#[test]
fn shutdown_is_in_time_without_response_to_request() {
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
        for behavior in [
            Behavior::NeverRespond,
            Behavior::Delay(Duration::from_secs(3600)),
        ] {
            let receiver = Receiver::start();
            receiver.set_behavior(behavior.clone());
            assert_shutdown_in_time(&format!("{behavior:?}"), &receiver.url(), protocol);
        }
    }
}

#[test]
fn shutdown_is_in_time_despite_requested_retry_delay() {
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
        for behavior in [
            Behavior::HttpStatus(503, vec![]),
            Behavior::HttpStatus(503, vec![("retry-after", "60".to_owned())]),
            Behavior::HttpStatus(400, vec![]),
            Behavior::CloseConnection,
            Behavior::GrpcStatus(14, Some(Duration::from_secs(60))),
        ] {
            if matches!(behavior, Behavior::GrpcStatus(..)) && protocol != OtlpProtocol::Grpc {
                continue;
            }
            let receiver = Receiver::start();
            receiver.set_behavior(behavior.clone());
            assert_shutdown_in_time(&format!("{behavior:?}"), &receiver.url(), protocol);
        }
    }
}

#[test]
fn shutdown_is_in_time_with_blocked_producer() {
    let receiver = Receiver::start();
    let (_never, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let producer = move || {
        let _ = wait.lock().unwrap().recv();
        Vec::new()
    };
    let builder = OtlpPipeline::builder().endpoint(receiver.url());
    let pipeline = build_fast(builder.metric_producer(ProducerFn(producer)), &[]);
    pipeline.span_sink().export(span("a"));
    let start = Instant::now();
    let report = pipeline.shutdown(DEADLINE);
    assert!(start.elapsed() < DEADLINE + SLACK);
    assert_eq!(report.counts(Signal::Traces).exported, 1);
    assert!(!report.completed_in_time());
}

#[test]
fn drop_shuts_down_and_logs_dropped_telemetry() {
    let logs = CapturedLogs::global();
    let receiver = Receiver::start();
    receiver.set_behavior(Behavior::NeverRespond);
    for drop_it in [
        |pipeline: OtlpPipeline| drop(pipeline),
        |pipeline: OtlpPipeline| {
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(async { drop(pipeline) });
        },
        |pipeline: OtlpPipeline| {
            let runtime = Builder::new_multi_thread().build().unwrap();
            runtime.block_on(async { drop(pipeline) });
        },
    ] {
        let pipeline = loaded_pipeline(&receiver.url(), OtlpProtocol::HttpProtobuf);
        let start = Instant::now();
        drop_it(pipeline);
        assert!(start.elapsed() < Duration::from_secs(2) + SLACK);
    }
    let entries = logs.containing("telemetry was lost at shutdown");
    assert!(
        entries
            .iter()
            .any(|line| line.contains("spans: 0 exported, 40 dropped")),
        "{entries:?}"
    );
}

#[test]
fn queued_telemetry_is_exported_at_shutdown() {
    for protocol in [
        OtlpProtocol::HttpProtobuf,
        OtlpProtocol::HttpJson,
        OtlpProtocol::Grpc,
    ] {
        let receiver = Receiver::start();
        let report = loaded_pipeline(&receiver.url(), protocol).shutdown(TEST_TIMEOUT);
        assert!(
            report.completed_in_time() && report.dropped() == 0,
            "{report:?}"
        );
        assert_eq!(receiver.spans().len(), 40);
        assert_eq!(receiver.log_requests().len(), 1);
        assert_eq!(receiver.metric_requests().len(), 1);
    }
    let receiver = Receiver::start();
    drop(loaded_pipeline(&receiver.url(), OtlpProtocol::HttpProtobuf));
    assert_eq!(receiver.spans().len(), 40);
}

#[test]
fn cancelled_shutdown_continues_in_background() {
    let receiver = Receiver::start();
    let pipeline = loaded_pipeline(&receiver.url(), OtlpProtocol::HttpProtobuf);
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut shutdown = Box::pin(pipeline.shutdown_async(TEST_TIMEOUT));
        tokio::select! { biased; _ = &mut shutdown => {}, () = std::future::ready(()) => {} }
    });
    let start = Instant::now();
    while receiver.spans().len() < 40 {
        assert!(start.elapsed() < TEST_TIMEOUT);
        std::thread::yield_now();
    }
}

#[test]
fn worker_stops_after_shutdown() {
    // Only the shutdown ends exports with these timeouts.
    let long = [
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "3600000"),
    ];
    let later = Behavior::HttpStatus(503, vec![("retry-after", "290".to_owned())]);
    for behavior in [Behavior::NeverRespond, later] {
        let receiver = Receiver::start();
        receiver.set_behavior(behavior);
        let producer = Arc::new(ProducerFn(|| vec![counter(1.0)]));
        let builder = OtlpPipeline::builder().endpoint(receiver.url());
        let pipeline = build_fast(builder.metric_producer(Arc::clone(&producer)), &long);
        let _ = pipeline.shutdown(DEADLINE);
        let start = Instant::now();
        while Arc::strong_count(&producer) > 1 {
            assert!(start.elapsed() < TEST_TIMEOUT, "the producer is released");
            std::thread::yield_now();
        }
    }
}
