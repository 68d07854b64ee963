//! A receiver that is down, slow or faulty: requests never wait for it, dropped items are counted, and
//! exports resume when it recovers.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime};

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::{OtlpPipeline, OtlpProtocol, Signal};
use tokio::time::Instant;

use crate::receiver::{Behavior, Receiver, reserve_port};
use crate::support::{CapturedLogs, TEST_TIMEOUT, build_fast, pipeline_to, record, span};

const PROTOCOLS: [OtlpProtocol; 3] = [
    OtlpProtocol::HttpProtobuf,
    OtlpProtocol::HttpJson,
    OtlpProtocol::Grpc,
];

fn pipeline_over(
    protocol: OtlpProtocol,
    receiver: &Receiver,
    variables: &[(&str, &str)],
) -> OtlpPipeline {
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .protocol(protocol);
    build_fast(builder, variables)
}

/// Exports one span to a receiver with a script. Returns its counts and the number of requests.
fn export_one(
    protocol: OtlpProtocol,
    script: impl IntoIterator<Item = Behavior>,
) -> (gusset_otlp::SignalCounts, usize) {
    let receiver = Receiver::start();
    receiver.script(script);
    let pipeline = pipeline_over(
        protocol,
        &receiver,
        &[("OTEL_EXPORTER_OTLP_TIMEOUT", "300")],
    );
    pipeline.span_sink().export(span("a"));
    let report = pipeline.shutdown(TEST_TIMEOUT);
    assert!(report.completed_in_time());
    let requests = std::iter::from_fn(|| receiver.try_next_request()).count();
    (report.counts(Signal::Traces), requests)
}

#[track_caller]
fn assert_exported(
    protocol: OtlpProtocol,
    script: impl IntoIterator<Item = Behavior>,
    expected_requests: usize,
) {
    let (count, requests) = export_one(protocol, script);
    assert_eq!((count.exported, count.dropped()), (1, 0), "{protocol}");
    assert_eq!(requests, expected_requests, "{protocol}");
}

#[track_caller]
fn assert_not_retried(protocol: OtlpProtocol, behavior: Behavior) {
    let (count, requests) = export_one(protocol, [behavior]);
    assert_eq!((count.exported, count.send_failed), (0, 1), "{protocol}");
    assert_eq!(requests, 1, "{protocol}");
}

#[test]
fn retryable_error_is_retried() {
    for protocol in PROTOCOLS {
        for status in [429, 502, 503, 504] {
            assert_exported(protocol, [Behavior::HttpStatus(status, vec![])], 2);
        }
        assert_exported(protocol, [Behavior::CloseConnection], 2);
        assert_exported(protocol, [Behavior::NeverRespond], 2);
    }
    for code in [1, 4, 10, 11, 14, 15] {
        assert_exported(OtlpProtocol::Grpc, [Behavior::GrpcStatus(code, None)], 2);
    }
    // The outcome of a gRPC call is unknown if its status is missing.
    assert_exported(OtlpProtocol::Grpc, [Behavior::AbortBody], 2);
    assert_exported(OtlpProtocol::Grpc, [Behavior::StallBody], 2);
}

#[test]
fn permanent_error_is_not_retried() {
    for protocol in PROTOCOLS {
        for status in [301, 400, 401, 404, 413, 500] {
            assert_not_retried(protocol, Behavior::HttpStatus(status, vec![]));
        }
    }
    for code in [2, 3, 5, 6, 7, 8, 9, 12, 13, 16] {
        assert_not_retried(OtlpProtocol::Grpc, Behavior::GrpcStatus(code, None));
    }
    // A response without a gRPC status is invalid.
    assert_not_retried(OtlpProtocol::Grpc, Behavior::GarbageBody);
}

#[test]
fn accepted_request_is_not_sent_again() {
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::HttpJson] {
        for behavior in [
            Behavior::AbortBody,
            Behavior::StallBody,
            Behavior::GarbageBody,
            Behavior::OversizedBody,
        ] {
            assert_exported(protocol, [behavior], 1);
        }
    }
}

#[test]
fn requested_retry_delay_is_kept() {
    for date in [false, true] {
        let after = match date {
            false => "1".to_owned(),
            true => httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2)),
        };
        let start = Instant::now();
        let behavior = Behavior::HttpStatus(503, vec![("retry-after", after.clone())]);
        assert_exported(OtlpProtocol::HttpProtobuf, [behavior], 2);
        // An HTTP date has no fractions of a second.
        assert!(start.elapsed() >= Duration::from_millis(950), "{after}");
    }
    for code in [8, 14] {
        let start = Instant::now();
        assert_exported(
            OtlpProtocol::Grpc,
            [Behavior::GrpcStatus(code, Some(Duration::from_secs(1)))],
            2,
        );
        assert!(start.elapsed() >= Duration::from_secs(1));
    }
}

#[test]
fn rejected_items_are_counted_and_not_retried() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start();
        receiver.set_behavior(Behavior::Reject(2, "too old"));
        let pipeline = pipeline_over(protocol, &receiver, &[]);
        for _ in 0..5 {
            pipeline.span_sink().export(span("a"));
        }
        let count = pipeline.shutdown(TEST_TIMEOUT).counts(Signal::Traces);
        let requests = std::iter::from_fn(|| receiver.try_next_request()).count();
        // The timer may have exported some spans before the others were queued.
        let rejected = 2.min(count.send_failed);
        assert_eq!(count.exported + count.send_failed, 5, "{protocol}");
        assert!(rejected > 0 && requests <= 5, "{protocol} {requests}");
        assert_eq!(receiver.spans().len(), 5, "{protocol}");
    }
}

#[test]
fn recovery_is_detected_and_logged_once() {
    let logs = CapturedLogs::global();
    let (address, socket) = reserve_port();
    let small = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "8"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "1000"),
    ];
    let url = format!("http://{address}");
    // A receiver of another test may have had the same port.
    let logged_before = logs.containing(&url).len();
    let pipeline = build_fast(OtlpPipeline::builder().endpoint(url.clone()), &small);
    for _ in 0..1000 {
        pipeline.span_sink().export(span("lost"));
    }
    let dropped = pipeline.report().counts(Signal::Traces).enqueue_failed;
    assert!(
        dropped >= 1000 - 8 - 4,
        "the queue must not grow: {dropped}"
    );
    // Until two batches have been dropped.
    let start = Instant::now();
    while pipeline.report().counts(Signal::Traces).send_failed < 8 {
        assert!(start.elapsed() < TEST_TIMEOUT);
        std::thread::yield_now();
    }
    let receiver = Receiver::listen_on(socket, None);
    pipeline.span_sink().export(span("found"));
    receiver.next_request();
    let report = pipeline.shutdown(TEST_TIMEOUT);
    let count = report.counts(Signal::Traces);
    assert_eq!(
        count.exported + count.enqueue_failed + count.send_failed,
        1001,
        "{report:?}"
    );
    assert!(receiver.spans().iter().any(|span| span.name == "found"));

    let logged = logs.containing(&url);
    let entries_with = |text: &str| -> Vec<&String> {
        let entries = logged.iter().skip(logged_before);
        entries.filter(|entry| entry.contains(text)).collect()
    };
    let entries = entries_with("/v1/traces failed");
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert!(entries[0].starts_with("WARN"), "{entries:?}");
    let entries = entries_with("/v1/traces succeeds again");
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert!(
        entries[0].starts_with("INFO") && entries[0].ends_with("were dropped meanwhile"),
        "{entries:?}"
    );
}

#[test]
fn failing_signal_does_not_delay_others() {
    let (hanging, receiver) = (Receiver::start(), Receiver::start());
    hanging.set_behavior(Behavior::NeverRespond);
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .signal_endpoint(Signal::Traces, hanging.url() + "/v1/traces");
    let pipeline = build_fast(builder, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "60000")]);
    pipeline.span_sink().export(span("a"));
    hanging.next_request();
    pipeline.log_sink().export(record("b"));
    assert_eq!(receiver.next_request().path, "/v1/logs");
    let report = pipeline.shutdown(Duration::from_millis(300));
    assert_eq!(report.counts(Signal::Logs).exported, 1);
    assert_eq!(report.counts(Signal::Traces).pending, 1);
    assert!(!report.completed_in_time());
}

#[test]
fn requests_stay_below_the_size_limit() {
    let receiver = Receiver::start();
    let hour = [("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
    let pipeline = pipeline_over(OtlpProtocol::HttpProtobuf, &receiver, &hour);
    for _ in 0..3 {
        let mut large = span("large");
        large
            .attributes
            .push(("text".into(), "x".repeat(30 << 20).into()));
        pipeline.span_sink().export(large);
    }
    let mut huge = span("huge");
    huge.attributes
        .push(("text".into(), "x".repeat(65 << 20).into()));
    pipeline.span_sink().export(huge);
    let count = pipeline.shutdown(TEST_TIMEOUT).counts(Signal::Traces);
    assert_eq!((count.exported, count.send_failed), (3, 1));
    let requests: Vec<_> = std::iter::from_fn(|| receiver.try_next_request()).collect();
    assert!(
        requests
            .iter()
            .all(|request| request.body.len() <= 64 << 20)
    );
    assert_eq!(receiver.spans().len(), 3);
}

#[test]
fn unresponsive_receiver_never_blocks_callers() {
    let receiver = Receiver::start();
    receiver.set_behavior(Behavior::NeverRespond);
    let pipeline = pipeline_to(&receiver.url());
    let start = Instant::now();
    for _ in 0..100_000 {
        pipeline.span_sink().export(span("a"));
    }
    // One request has a timeout of 5 s, and there are a hundred thousand spans.
    assert!(start.elapsed() < Duration::from_secs(5));
    let report = pipeline.shutdown(Duration::from_millis(100));
    assert_eq!(report.counts(Signal::Traces).dropped(), 100_000);
}

#[test]
fn unresponsive_connection_is_replaced() {
    // A proxy that ignores the first connection and forwards the others.
    let receiver = Receiver::start();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let target = receiver.address();
    std::thread::spawn(move || {
        let silent = proxy.accept().unwrap();
        for stream in proxy.incoming() {
            let from = stream.unwrap();
            let to = TcpStream::connect(target).unwrap();
            let (mut back_from, mut back_to) = (to.try_clone().unwrap(), from.try_clone().unwrap());
            let (mut from, mut to) = (from, to);
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            std::thread::spawn(move || std::io::copy(&mut back_from, &mut back_to));
        }
        drop(silent);
    });
    let builder = OtlpPipeline::builder()
        .endpoint(url)
        .protocol(OtlpProtocol::Grpc);
    let pipeline = build_fast(builder, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "200")]);
    pipeline.span_sink().export(span("a"));
    let report = pipeline.shutdown(TEST_TIMEOUT);
    assert_eq!(report.counts(Signal::Traces).exported, 1);
}
