//! A receiver that is down, slow or strange: nothing waits for it, what is lost is counted, and it is
//! found again.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime};

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::{Protocol, Signal, Telemetry};
use tokio::time::Instant;

use crate::receiver::{Does, Receiver, reserve};
use crate::support::{Lines, PATIENCE, quick, record, span, to};

const PROTOCOLS: [Protocol; 3] = [Protocol::HttpProtobuf, Protocol::HttpJson, Protocol::Grpc];

fn over(protocol: Protocol, receiver: &Receiver, variables: &[(&str, &str)]) -> Telemetry {
    let builder = Telemetry::builder()
        .endpoint(receiver.url())
        .protocol(protocol);
    quick(builder, variables)
}

/// One span to a receiver that does this at first. Gives what became of it, and how many requests it
/// took.
fn one(protocol: Protocol, first: impl IntoIterator<Item = Does>) -> (gusset_otlp::Count, usize) {
    let receiver = Receiver::start();
    receiver.first(first);
    let telemetry = over(
        protocol,
        &receiver,
        &[("OTEL_EXPORTER_OTLP_TIMEOUT", "300")],
    );
    telemetry.spans().export(span("a"));
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.in_time());
    let requests = std::iter::from_fn(|| receiver.try_next()).count();
    (report.of(Signal::Traces), requests)
}

#[track_caller]
fn arrives(protocol: Protocol, first: impl IntoIterator<Item = Does>, after: usize) {
    let (count, requests) = one(protocol, first);
    assert_eq!((count.exported, count.lost()), (1, 0), "{protocol}");
    assert_eq!(requests, after, "{protocol}");
}

#[track_caller]
fn is_refused(protocol: Protocol, does: Does) {
    let (count, requests) = one(protocol, [does]);
    assert_eq!((count.exported, count.failed), (0, 1), "{protocol}");
    assert_eq!(requests, 1, "{protocol}");
}

#[test]
fn what_may_pass_is_tried_again() {
    for protocol in PROTOCOLS {
        for status in [429, 502, 503, 504] {
            arrives(protocol, [Does::Answers(status, vec![])], 2);
        }
        arrives(protocol, [Does::Leaves], 2);
        arrives(protocol, [Does::Hangs], 2);
    }
    for code in [1, 4, 10, 11, 14, 15] {
        arrives(Protocol::Grpc, [Does::Says(code, None)], 2);
    }
    // Cut off before its status, nobody knows what became of a call of gRPC's.
    arrives(Protocol::Grpc, [Does::BreaksOff], 2);
    arrives(Protocol::Grpc, [Does::Stalls], 2);
}

#[test]
fn what_will_not_pass_is_not_tried_again() {
    for protocol in PROTOCOLS {
        for status in [301, 400, 401, 404, 413, 500] {
            is_refused(protocol, Does::Answers(status, vec![]));
        }
    }
    for code in [2, 3, 5, 6, 7, 8, 9, 12, 13, 16] {
        is_refused(Protocol::Grpc, Does::Says(code, None));
    }
    // An answer without a status is no answer of gRPC's.
    is_refused(Protocol::Grpc, Does::Babbles);
}

#[test]
fn what_was_taken_is_not_sent_again_whatever_is_said_after() {
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
        for does in [Does::BreaksOff, Does::Stalls, Does::Babbles, Does::Floods] {
            arrives(protocol, [does], 1);
        }
    }
}

#[test]
fn a_receiver_is_not_tried_before_the_time_it_asks_for() {
    for date in [false, true] {
        let after = match date {
            false => "1".to_owned(),
            true => httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2)),
        };
        let start = Instant::now();
        let does = Does::Answers(503, vec![("retry-after", after.clone())]);
        arrives(Protocol::HttpProtobuf, [does], 2);
        // A date has no fractions.
        assert!(start.elapsed() >= Duration::from_millis(950), "{after}");
    }
    for code in [8, 14] {
        let start = Instant::now();
        arrives(
            Protocol::Grpc,
            [Does::Says(code, Some(Duration::from_secs(1)))],
            2,
        );
        assert!(start.elapsed() >= Duration::from_secs(1));
    }
}

#[test]
fn what_a_receiver_rejects_is_counted_and_not_sent_again() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start();
        receiver.does(Does::Rejects(2, "too old"));
        let telemetry = over(protocol, &receiver, &[]);
        for _ in 0..5 {
            telemetry.spans().export(span("a"));
        }
        let count = telemetry.shutdown(PATIENCE).of(Signal::Traces);
        let requests = std::iter::from_fn(|| receiver.try_next()).count();
        // The clock may have found some of them before the rest was there.
        let rejected = 2.min(count.failed);
        assert_eq!(count.exported + count.failed, 5, "{protocol}");
        assert!(rejected > 0 && requests <= 5, "{protocol} {requests}");
        assert_eq!(receiver.spans().len(), 5, "{protocol}");
    }
}

#[test]
fn a_receiver_that_was_down_is_found_again_and_each_change_is_said_once() {
    let lines = Lines::all();
    let (address, socket) = reserve();
    let small = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "8"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "1000"),
    ];
    let url = format!("http://{address}");
    let telemetry = quick(Telemetry::builder().endpoint(url), &small);
    for _ in 0..1000 {
        telemetry.spans().export(span("lost"));
    }
    let dropped = telemetry.report().of(Signal::Traces).dropped;
    assert!(
        dropped >= 1000 - 8 - 4,
        "the queue does not grow: {dropped}"
    );
    // Until two batches have been given up.
    let start = Instant::now();
    while telemetry.report().of(Signal::Traces).failed < 8 {
        assert!(start.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
    let receiver = Receiver::on(socket, None);
    telemetry.spans().export(span("found"));
    receiver.next();
    let report = telemetry.shutdown(PATIENCE);
    let count = report.of(Signal::Traces);
    assert_eq!(
        count.exported + count.dropped + count.failed,
        1001,
        "{report:?}"
    );
    assert!(receiver.spans().iter().any(|span| span.name == "found"));

    let said = lines.about(&format!("spans do not arrive at http://{address}"));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("WARN"), "{said:?}");
    let said = lines.about(&format!("spans arrive at http://{address}/v1/traces again"));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("INFO") && said[0].ends_with("were lost meanwhile"),
        "{said:?}"
    );
}

#[test]
fn the_trouble_of_one_signal_delays_no_other() {
    let (hanging, receiver) = (Receiver::start(), Receiver::start());
    hanging.does(Does::Hangs);
    let builder = Telemetry::builder()
        .endpoint(receiver.url())
        .endpoint_of(Signal::Traces, hanging.url() + "/v1/traces");
    let telemetry = quick(builder, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "60000")]);
    telemetry.spans().export(span("a"));
    hanging.next();
    telemetry.logs().export(record("b"));
    assert_eq!(receiver.next().path, "/v1/logs");
    let report = telemetry.shutdown(Duration::from_millis(300));
    assert_eq!(report.of(Signal::Logs).exported, 1);
    assert_eq!(report.of(Signal::Traces).left, 1);
    assert!(!report.in_time());
}

#[test]
fn a_request_is_never_larger_than_may_be() {
    let receiver = Receiver::start();
    let hour = [("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
    let telemetry = over(Protocol::HttpProtobuf, &receiver, &hour);
    for _ in 0..3 {
        let mut large = span("large");
        large
            .attributes
            .push(("text".into(), "x".repeat(30 << 20).into()));
        telemetry.spans().export(large);
    }
    let mut huge = span("huge");
    huge.attributes
        .push(("text".into(), "x".repeat(65 << 20).into()));
    telemetry.spans().export(huge);
    let count = telemetry.shutdown(PATIENCE).of(Signal::Traces);
    assert_eq!((count.exported, count.failed), (3, 1));
    let requests: Vec<_> = std::iter::from_fn(|| receiver.try_next()).collect();
    assert!(
        requests
            .iter()
            .all(|request| request.body.len() <= 64 << 20)
    );
    assert_eq!(receiver.spans().len(), 3);
}

#[test]
fn nobody_waits_where_nobody_answers() {
    let receiver = Receiver::start();
    receiver.does(Does::Hangs);
    let telemetry = to(&receiver.url());
    let start = Instant::now();
    for _ in 0..100_000 {
        telemetry.spans().export(span("a"));
    }
    // A receiver is waited for 5 seconds, a hundred thousand times.
    assert!(start.elapsed() < Duration::from_secs(5));
    let report = telemetry.shutdown(Duration::from_millis(100));
    assert_eq!(report.of(Signal::Traces).lost(), 100_000);
}

#[test]
fn a_connection_that_has_fallen_silent_is_left() {
    // What lies between lets the first connection end nowhere, and the others through.
    let receiver = Receiver::start();
    let between = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", between.local_addr().unwrap());
    let behind = receiver.address();
    std::thread::spawn(move || {
        let silent = between.accept().unwrap();
        for stream in between.incoming() {
            let from = stream.unwrap();
            let to = TcpStream::connect(behind).unwrap();
            let (mut back_from, mut back_to) = (to.try_clone().unwrap(), from.try_clone().unwrap());
            let (mut from, mut to) = (from, to);
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            std::thread::spawn(move || std::io::copy(&mut back_from, &mut back_to));
        }
        drop(silent);
    });
    let builder = Telemetry::builder().endpoint(url).protocol(Protocol::Grpc);
    let telemetry = quick(builder, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "200")]);
    telemetry.spans().export(span("a"));
    let report = telemetry.shutdown(PATIENCE);
    assert_eq!(report.of(Signal::Traces).exported, 1);
}
