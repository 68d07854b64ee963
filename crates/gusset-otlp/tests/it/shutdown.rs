//! The end comes by the deadline, whatever the receiver does and wherever it is asked for.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::{Protocol, Report, Signal, Telemetry};
use tokio::runtime::Builder;
use tokio::time::Instant;

use crate::receiver::{Does, Receiver, reserve};
use crate::support::{Lines, PATIENCE, counter, quick, record, span};

const DEADLINE: Duration = Duration::from_millis(300);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(2);

const SPANS: u64 = 40;

/// Telemetry with something in each queue.
fn laden(url: &str, protocol: Protocol) -> Telemetry {
    let source = || vec![counter(1.0)];
    let telemetry = quick(
        Telemetry::builder()
            .endpoint(url)
            .protocol(protocol)
            .metrics(Told(source)),
        &[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "16")],
    );
    for _ in 0..SPANS {
        telemetry.spans().export(span("a"));
    }
    telemetry.logs().export(record("b"));
    telemetry
}

struct Told<F>(F);

impl<F: Fn() -> Vec<gusset_data::Metric> + Send + Sync + 'static> gusset_data::MetricProducer
    for Told<F>
{
    fn metrics(&self) -> Vec<gusset_data::Metric> {
        (self.0)()
    }
}

type End = fn(Telemetry) -> Report;

/// Each way to end, with what it tells.
fn ways() -> Vec<(&'static str, End)> {
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
        ("no runtime", |telemetry| telemetry.shutdown(DEADLINE)),
        ("current-thread", |telemetry| {
            current().block_on(async { telemetry.shutdown(DEADLINE) })
        }),
        ("multi-thread", |telemetry| {
            multi().block_on(async {
                tokio::spawn(async { telemetry.shutdown(DEADLINE) })
                    .await
                    .unwrap()
            })
        }),
        ("current-thread, async", |telemetry| {
            current().block_on(telemetry.shutdown_async(DEADLINE))
        }),
        ("multi-thread, async", |telemetry| {
            multi().block_on(async {
                tokio::spawn(telemetry.shutdown_async(DEADLINE))
                    .await
                    .unwrap()
            })
        }),
    ]
}

#[track_caller]
fn ends_in_time(what: &str, url: &str, protocol: Protocol) {
    for (way, end) in ways() {
        let telemetry = laden(url, protocol);
        let start = Instant::now();
        let report = end(telemetry);
        let took = start.elapsed();
        assert!(
            took < DEADLINE + SLACK,
            "{what}, {way}, {protocol}: {took:?}"
        );
        let spans = report.of(Signal::Traces);
        assert_eq!(spans.lost(), SPANS, "{what}, {way}, {protocol}: {report:?}");
        assert_eq!(spans.exported, 0, "{what}, {way}, {protocol}: {report:?}");
        assert_eq!(
            report.of(Signal::Logs).lost(),
            1,
            "{what}, {way}, {protocol}: {report:?}"
        );
    }
}

#[test]
fn of_a_receiver_that_is_down() {
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let (address, _socket) = reserve();
        ends_in_time("down", &format!("http://{address}"), protocol);
    }
}

#[test]
fn of_a_receiver_that_takes_connections_and_says_nothing() {
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        ends_in_time("silent", &url, protocol);
    }
}

#[test]
fn of_a_receiver_that_takes_requests_and_never_answers() {
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        for does in [Does::Hangs, Does::Waits(Duration::from_secs(3600))] {
            let receiver = Receiver::start();
            receiver.does(does.clone());
            ends_in_time(&format!("{does:?}"), &receiver.url(), protocol);
        }
    }
}

#[test]
fn of_a_receiver_that_asks_for_patience_or_refuses() {
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        for does in [
            Does::Answers(503, vec![]),
            Does::Answers(503, vec![("retry-after", "60".to_owned())]),
            Does::Answers(400, vec![]),
            Does::Leaves,
            Does::Says(14, Some(Duration::from_secs(60))),
        ] {
            if matches!(does, Does::Says(..)) && protocol != Protocol::Grpc {
                continue;
            }
            let receiver = Receiver::start();
            receiver.does(does.clone());
            ends_in_time(&format!("{does:?}"), &receiver.url(), protocol);
        }
    }
}

#[test]
fn of_a_source_of_metrics_that_never_answers() {
    let receiver = Receiver::start();
    let (_never, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let source = move || {
        let _ = wait.lock().unwrap().recv();
        Vec::new()
    };
    let builder = Telemetry::builder().endpoint(receiver.url());
    let telemetry = quick(builder.metrics(Told(source)), &[]);
    telemetry.spans().export(span("a"));
    let start = Instant::now();
    let report = telemetry.shutdown(DEADLINE);
    assert!(start.elapsed() < DEADLINE + SLACK);
    assert_eq!(report.of(Signal::Traces).exported, 1);
    assert!(!report.in_time());
}

#[test]
fn of_a_drop_within_two_seconds_and_with_a_line_on_what_was_lost() {
    let lines = Lines::all();
    let receiver = Receiver::start();
    receiver.does(Does::Hangs);
    for drop_it in [
        |telemetry: Telemetry| drop(telemetry),
        |telemetry: Telemetry| {
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(async { drop(telemetry) });
        },
        |telemetry: Telemetry| {
            let runtime = Builder::new_multi_thread().build().unwrap();
            runtime.block_on(async { drop(telemetry) });
        },
    ] {
        let telemetry = laden(&receiver.url(), Protocol::HttpProtobuf);
        let start = Instant::now();
        drop_it(telemetry);
        assert!(start.elapsed() < Duration::from_secs(2) + SLACK);
    }
    let said = lines.about("dropped before it was shut down");
    assert!(
        said.iter()
            .any(|line| line.contains("spans: 0 exported, 40 lost")),
        "{said:?}"
    );
}

#[test]
fn all_that_is_waiting_arrives_before_the_end_where_it_can() {
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson, Protocol::Grpc] {
        let receiver = Receiver::start();
        let report = laden(&receiver.url(), protocol).shutdown(PATIENCE);
        assert!(report.in_time() && report.lost() == 0, "{report:?}");
        assert_eq!(receiver.spans().len(), 40);
        assert_eq!(receiver.log_requests().len(), 1);
        assert_eq!(receiver.metric_requests().len(), 1);
    }
    let receiver = Receiver::start();
    drop(laden(&receiver.url(), Protocol::HttpProtobuf));
    assert_eq!(receiver.spans().len(), 40);
}

#[test]
fn an_end_that_nobody_waits_for_comes_all_the_same() {
    let receiver = Receiver::start();
    let telemetry = laden(&receiver.url(), Protocol::HttpProtobuf);
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut end = Box::pin(telemetry.shutdown_async(PATIENCE));
        tokio::select! { biased; _ = &mut end => {}, () = std::future::ready(()) => {} }
    });
    let start = Instant::now();
    while receiver.spans().len() < 40 {
        assert!(start.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
}

#[test]
fn after_the_end_nothing_goes_on() {
    // Nothing but the end ends these.
    let long = [
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "3600000"),
    ];
    let later = Does::Answers(503, vec![("retry-after", "290".to_owned())]);
    for does in [Does::Hangs, later] {
        let receiver = Receiver::start();
        receiver.does(does);
        let source = Arc::new(Told(|| vec![counter(1.0)]));
        let builder = Telemetry::builder().endpoint(receiver.url());
        let telemetry = quick(builder.metrics(Arc::clone(&source)), &long);
        let _ = telemetry.shutdown(DEADLINE);
        let start = Instant::now();
        while Arc::strong_count(&source) > 1 {
            assert!(start.elapsed() < PATIENCE, "the source is let go");
            std::thread::yield_now();
        }
    }
}
