//! Receivers that refuse large requests: batches are split, and only single items that are too large are
//! dropped.

use std::collections::BTreeSet;
use std::fmt;

use gusset_data::{
    Labels, LogSink as _, Metric, MetricData, MetricProducer, NumberDataPoint, SpanSink as _,
};
use gusset_otlp::{OtlpPipeline, OtlpProtocol, Signal};

use crate::receiver::{Behavior, BodyLimit, Receiver};
use crate::support::{CapturedLogs, TEST_TIMEOUT, at, build_fast, record, span};

/// The limit of the receivers. A small one, because the compression of megabytes is slow in tests.
pub(crate) const LIMIT: usize = 64 << 10;
/// The limit of tonic's own server.
const TONIC_LIMIT: usize = 4 << 20;
/// The number of items, which exceed the limit together, also when they are compressed.
const ITEMS: usize = 20;

/// grpc-go, `rpc_util.go`: the message as received, and after its decompression.
const GO: &str = "grpc: received message larger than max (6765432 vs. 4194304)";
const GO_DECOMPRESSED: &str = "grpc: received message after decompression larger than max 4194304";
/// grpc-java, `MessageDeframer.java`: the same.
const JAVA: &str = "gRPC message exceeds maximum size 4194304: 6765432";
const JAVA_DECOMPRESSED: &str = "Decompressed gRPC message exceeds maximum size 4194304";
/// gRPC in C++, `message_size_filter.cc`: "Received message larger than max (%u vs. %d)", in later versions
/// after the side.
const CPP: &str = "SERVER: Received message larger than max (6765432 vs. 4194304)";

/// `ngx_http_error_413_page` in `ngx_http_special_response.c`. The real one is in `real_receivers`.
const NGINX: BodyLimit = BodyLimit {
    max_bytes: LIMIT,
    decompressed: false,
    early: true,
    status: 413,
    content_type: "text/html",
    text: b"<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n\
            <center><h1>413 Request Entity Too Large</h1></center>\r\n</body>\r\n</html>\r\n",
};
/// The response of a receiver in Rust that reads the body first.
const LATE_413: BodyLimit = BodyLimit {
    early: false,
    content_type: "text/plain",
    text: b"length limit exceeded",
    ..NGINX
};
/// The response of OpenTelemetry's collector to `http/json`: `readAndCloseBody` in
/// `receiver/otlpreceiver/otlphttp.go` responds with 400 and a `google.rpc.Status`.
const COLLECTOR: BodyLimit = BodyLimit {
    decompressed: true,
    early: false,
    status: 400,
    content_type: "application/json",
    text: br#"{"code":3,"message":"http: request body too large"}"#,
    ..NGINX
};
/// The response of the collector if the receiver behind it, over gRPC, has the limit:
/// `GetHTTPStatusCodeFromStatus` in `receiver/otlpreceiver/internal/errors/errors.go` makes 429 of it.
const BEHIND_COLLECTOR: BodyLimit = BodyLimit {
    status: 429,
    text: br#"{"code":8,"message":"grpc: received message larger than max (6765432 vs. 4194304)"}"#,
    ..COLLECTOR
};
/// The response of a proxy in Go.
const GO_PROXY: BodyLimit = BodyLimit {
    status: 500,
    text: b"rpc error: code = ResourceExhausted desc = request exceeds the maximum size\n",
    ..LATE_413
};
/// The response of the collector to `http/protobuf`: a `google.rpc.Status`.
const COLLECTOR_PROTOBUF: BodyLimit = BodyLimit {
    content_type: "application/x-protobuf",
    text: b"\x08\x03\x12\x1chttp: request body too large",
    ..COLLECTOR
};

/// Returns a text that cannot be compressed to less than three quarters.
fn noise(seed: u64, bytes: usize) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.alphanumeric())
        .take(bytes)
        .collect()
}

/// Returns metrics with one data point for each text.
struct NoisyMetrics(Vec<String>);

impl MetricProducer for NoisyMetrics {
    fn metrics(&self) -> Vec<Metric> {
        let point = |text: &String| NumberDataPoint {
            labels: Labels::from([("text".into(), text.clone().into())]),
            start: at(500),
            value: 1.0,
        };
        // One metric has most of the points, so that its points are split too.
        let (few, many) = self.0.split_at(2);
        let metric = |name: &'static str, texts: &[String]| Metric {
            name: name.into(),
            unit: "1".into(),
            description: "".into(),
            data: MetricData::Counter(texts.iter().map(point).collect()),
        };
        vec![metric("few", few), metric("many", many)]
    }
}

/// Exports items with these texts as spans, records and data points. Returns the counts of each signal.
fn export(
    url: &str,
    protocol: OtlpProtocol,
    gzip: bool,
    texts: &[String],
) -> [gusset_otlp::SignalCounts; 3] {
    let builder = OtlpPipeline::builder()
        .endpoint(url)
        .protocol(protocol)
        .gzip(gzip)
        .metric_producer(NoisyMetrics(texts.to_vec()));
    // Only the shutdown exports, so that all items are in one batch.
    let hour = [
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "30000"),
    ];
    let pipeline = build_fast(builder, &hour);
    for text in texts {
        let mut span = span("large");
        span.attributes.push(("text".into(), text.clone().into()));
        pipeline.span_sink().export(span);
        let mut record = record("large");
        record.body = text.clone().into();
        pipeline.log_sink().export(record);
    }
    let report = pipeline.shutdown(TEST_TIMEOUT);
    assert!(report.completed_in_time());
    Signal::ALL.map(|signal| report.counts(signal))
}

/// Exports a batch over the limit to this URL, and asserts that each of its items is exported once.
#[track_caller]
pub(crate) fn assert_split(
    what: impl fmt::Debug,
    (receiver, url): (&Receiver, &str),
    protocol: OtlpProtocol,
    gzip: bool,
    limit: usize,
) {
    let texts: Vec<_> = (0..ITEMS as u64)
        .map(|seed| noise(seed, limit / 12))
        .collect();
    for (signal, counts) in Signal::ALL.iter().zip(export(url, protocol, gzip, &texts)) {
        let expected = (ITEMS as u64, 0);
        let context = format!("{what:?} {protocol} gzip: {gzip} {signal}: {counts:?}");
        assert_eq!((counts.exported, counts.dropped()), expected, "{context}");
    }
    // Nothing was exported twice.
    let expected: BTreeSet<_> = texts.iter().map(String::as_str).collect();
    let received = receiver.texts();
    for received in &received {
        let unique: BTreeSet<_> = received.iter().map(String::as_str).collect();
        assert_eq!((unique.len(), received.len()), (ITEMS, ITEMS), "{what:?}");
        assert!(unique == expected, "{what:?}");
    }
}

#[test]
fn batch_over_the_limit_of_tonic_is_split() {
    for gzip in [false, true] {
        let receiver = Receiver::start_tonic(false);
        assert_split(
            "tonic",
            (&receiver, &receiver.url()),
            OtlpProtocol::Grpc,
            gzip,
            TONIC_LIMIT,
        );
    }
}

#[test]
fn batch_refused_by_grpc_status_is_split() {
    use tonic::Code;
    for (code, message) in [
        (Code::ResourceExhausted, GO),
        (Code::ResourceExhausted, GO_DECOMPRESSED),
        (Code::ResourceExhausted, JAVA),
        (Code::ResourceExhausted, JAVA_DECOMPRESSED),
        (Code::ResourceExhausted, CPP),
        (Code::ResourceExhausted, ""),
        (Code::InvalidArgument, "request body too large"),
        // Envoy, for a body over the limit of its buffer: `httpToGrpcStatus` in `source/common/grpc/status.cc`
        // has no code for 413, so that it is UNKNOWN.
        (Code::Unknown, "Payload Too Large"),
        (Code::Internal, "decompressed size exceeds the limit"),
    ] {
        for gzip in [false, true] {
            let receiver = Receiver::start();
            receiver.set_behavior(Behavior::MessageLimit(LIMIT, code, message));
            assert_split(
                message,
                (&receiver, &receiver.url()),
                OtlpProtocol::Grpc,
                gzip,
                LIMIT,
            );
        }
    }
}

#[test]
fn batch_refused_by_http_status_is_split() {
    let not_json = [NGINX, LATE_413, COLLECTOR_PROTOBUF, GO_PROXY];
    for (protocol, limits) in [
        (OtlpProtocol::HttpProtobuf, &not_json[..]),
        (
            OtlpProtocol::HttpJson,
            &[NGINX, COLLECTOR, BEHIND_COLLECTOR],
        ),
        // A proxy before a gRPC receiver.
        (OtlpProtocol::Grpc, &[LATE_413]),
    ] {
        for limit in limits {
            for gzip in [false, true] {
                let receiver = Receiver::start();
                receiver.set_behavior(Behavior::BodyLimit(*limit));
                assert_split(
                    limit.status,
                    (&receiver, &receiver.url()),
                    protocol,
                    gzip,
                    limit.max_bytes,
                );
            }
        }
    }
}

#[test]
fn batch_that_closes_the_connection_is_split() {
    const MAX_BYTES: usize = 1 << 20;
    let nginx = BodyLimit {
        max_bytes: MAX_BYTES,
        ..NGINX
    };
    // The response of the second one is often lost, because the connection is closed with unread data.
    for behavior in [
        Behavior::CloseAbove(MAX_BYTES as u64),
        Behavior::BodyLimit(nginx),
    ] {
        let receiver = Receiver::start();
        receiver.set_behavior(behavior.clone());
        assert_split(
            behavior,
            (&receiver, &receiver.url()),
            OtlpProtocol::HttpProtobuf,
            false,
            MAX_BYTES,
        );
    }
}

/// Sends two batches of spans over the limit, and returns for each of them how many requests there were and
/// how many of them the receiver accepted.
fn requests_of_two_batches(limit: BodyLimit) -> [(usize, usize); 2] {
    let receiver = Receiver::start();
    receiver.set_behavior(Behavior::BodyLimit(limit));
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .protocol(OtlpProtocol::HttpProtobuf);
    let mut pipeline = build_fast(builder, &[("OTEL_BSP_SCHEDULE_DELAY", "3600000")]);
    let counts = [0, 1].map(|batch| {
        let accepted_before = receiver.trace_requests().len();
        for seed in 0..ITEMS as u64 {
            let mut span = span("large");
            let text = noise(seed + batch * 100, limit.max_bytes / 12);
            span.attributes.push(("text".into(), text.into()));
            pipeline.span_sink().export(span);
        }
        assert!(pipeline.flush(TEST_TIMEOUT).completed_in_time());
        let requests = std::iter::from_fn(|| receiver.try_next_request()).count();
        (requests, receiver.trace_requests().len() - accepted_before)
    });
    let report = pipeline.shutdown(TEST_TIMEOUT);
    assert_eq!(report.counts(Signal::Traces).exported, 2 * ITEMS as u64);
    counts
}

#[test]
fn next_batch_is_split_before_it_is_refused() {
    for limit in [LATE_413, COLLECTOR_PROTOBUF] {
        let [(requests, accepted), second] = requests_of_two_batches(limit);
        assert!(requests > accepted, "the first batch is refused");
        // As many parts as the first one, and none was refused.
        assert_eq!(second, (accepted, accepted));
    }
}

#[test]
fn only_single_item_over_the_limit_is_dropped() {
    let logs = CapturedLogs::global();
    for (protocol, behavior) in [
        (OtlpProtocol::Grpc, None),
        (OtlpProtocol::HttpProtobuf, Some(Behavior::BodyLimit(NGINX))),
        (OtlpProtocol::HttpJson, Some(Behavior::BodyLimit(COLLECTOR))),
    ] {
        for gzip in [false, true] {
            let receiver = match &behavior {
                None => Receiver::start_tonic(false),
                Some(behavior) => {
                    let receiver = Receiver::start();
                    receiver.set_behavior(behavior.clone());
                    receiver
                }
            };
            // A receiver of another test may have had the same port.
            let logged_before = logs.containing(&receiver.url()).len();
            let mut texts: Vec<_> = (0..ITEMS as u64).map(|seed| noise(seed, 1000)).collect();
            let too_large = if behavior.is_none() {
                TONIC_LIMIT
            } else {
                LIMIT
            };
            texts[7] = noise(7, too_large * 3 / 2);
            for counts in export(&receiver.url(), protocol, gzip, &texts) {
                let expected = (ITEMS as u64 - 1, 1, 1);
                let actual = (counts.exported, counts.send_failed, counts.dropped());
                assert_eq!(actual, expected, "{protocol} gzip: {gzip} {counts:?}");
            }
            let entries = logs.containing(&receiver.url());
            let entries = entries.iter().skip(logged_before);
            let entries: Vec<_> = entries.filter(|it| it.contains("WARN")).collect();
            assert_eq!(entries.len(), 3, "{entries:?}");
            for entry in entries {
                assert!(entry.contains("one item is too large"), "{entry}");
            }
        }
    }
}

#[test]
fn compressible_batch_over_the_decompressed_limit_is_split() {
    let texts: Vec<_> = (0..ITEMS)
        .map(|at| at.to_string().repeat(TONIC_LIMIT / 12))
        .collect();
    let receiver = Receiver::start_tonic(false);
    for counts in export(&receiver.url(), OtlpProtocol::Grpc, true, &texts) {
        assert_eq!((counts.exported, counts.dropped()), (ITEMS as u64, 0));
    }
}

#[test]
fn exhausted_quota_ends_after_few_requests() {
    let receiver = Receiver::start();
    receiver.set_behavior(Behavior::GrpcStatus(8, None));
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .protocol(OtlpProtocol::Grpc);
    let pipeline = build_fast(builder, &[("OTEL_BSP_SCHEDULE_DELAY", "3600000")]);
    for _ in 0..500 {
        pipeline.span_sink().export(span("a"));
    }
    let counts = pipeline.shutdown(TEST_TIMEOUT).counts(Signal::Traces);
    assert_eq!((counts.exported, counts.send_failed), (0, 500));
    let requests = std::iter::from_fn(|| receiver.try_next_request()).count();
    assert!(requests <= 10, "{requests}");
}
