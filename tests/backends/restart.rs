//! The collector ends and starts again while telemetry is exported.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::{ExportReport, OtlpPipeline, OtlpProtocol, Signal};
use gusset_tests::programs::{Program, STEP_TIMEOUT, until};
use tokio::sync::watch;
use tokio::time::interval;

use crate::collector::{receiver, service, start};
use crate::items::{record, span};
use crate::receiver::Receiver;

/// Starts a collector that responds after it has forwarded a request. One with a queue loses at its end
/// what it has accepted.
async fn start_without_queue(name: &str, to: &Receiver) -> Option<Program> {
    let target = to.addr();
    let config = move |at: &[SocketAddr]| {
        format!(
            "receivers:\n{}exporters:\n  otlp_grpc:\n    endpoint: {target}\n    \
             tls: {{ insecure: true }}\n    sending_queue: {{ enabled: false }}\n{}",
            receiver("plain", at[0], at[1], ""),
            service("otlp/plain", "")
        )
    };
    start(name, 2, config).await
}

fn pipeline(collector: &Program, protocol: OtlpProtocol, timeout: Duration) -> OtlpPipeline {
    let port = usize::from(protocol != OtlpProtocol::Grpc);
    let millis = timeout.as_millis().to_string();
    let env = |name: &str| match name {
        "OTEL_BSP_SCHEDULE_DELAY" | "OTEL_BLRP_SCHEDULE_DELAY" => Some("20".to_owned()),
        "OTEL_BSP_EXPORT_TIMEOUT" | "OTEL_BLRP_EXPORT_TIMEOUT" => Some(millis.clone()),
        "OTEL_BSP_MAX_QUEUE_SIZE" | "OTEL_BLRP_MAX_QUEUE_SIZE" => Some("20000".to_owned()),
        _ => None,
    };
    OtlpPipeline::builder()
        .endpoint(format!("http://{}", collector.addr(port)))
        .protocol(protocol)
        .build_with(env)
        .unwrap()
}

/// Exports a span and a record of each number.
fn export(pipeline: &OtlpPipeline, numbers: impl Iterator<Item = u64>) {
    for number in numbers {
        pipeline.span_sink().export(span(number));
        pipeline.log_sink().export(record(number));
    }
}

async fn shutdown(pipeline: OtlpPipeline) -> ExportReport {
    let shutdown = tokio::task::spawn_blocking(move || pipeline.shutdown(STEP_TIMEOUT));
    shutdown.await.unwrap()
}

/// Returns the numbers of the spans and of the records.
fn received(receiver: &Receiver) -> [BTreeSet<u64>; 2] {
    let number = |id: &Vec<u8>| u64::from_be_bytes(id.as_slice().try_into().unwrap());
    let received = receiver.received();
    [
        received
            .spans
            .iter()
            .map(|it| number(&it.span_id))
            .collect(),
        received.logs.iter().map(|it| number(&it.span_id)).collect(),
    ]
}

async fn assert_nothing_is_lost(name: &str, protocol: OtlpProtocol) {
    const TICKS: u64 = 600;
    const ITEMS_PER_TICK: u64 = 10;
    let receiver = Receiver::start();
    let Some(mut collector) = start_without_queue(name, &receiver).await else {
        return;
    };
    let pipeline = pipeline(&collector, protocol, STEP_TIMEOUT);
    let (tick, mut ticks) = watch::channel(0);
    let load = async {
        let mut interval = interval(Duration::from_millis(1));
        for now in 1..=TICKS {
            interval.tick().await;
            let first = now * ITEMS_PER_TICK;
            export(&pipeline, first..first + ITEMS_PER_TICK);
            tick.send_replace(now);
        }
    };
    let restarts = async {
        for quarter in 1..=3 {
            let end = quarter * TICKS / 4;
            ticks.wait_for(|now| *now >= end).await.unwrap();
            collector.kill();
            // Some exports fail before it is there again.
            ticks.wait_for(|now| *now >= end + 50).await.unwrap();
            collector.start_again().await;
        }
    };
    tokio::join!(load, restarts);
    let report = shutdown(pipeline).await;

    let sent = TICKS * ITEMS_PER_TICK;
    assert_eq!(report.dropped(), 0, "{report}");
    for signal in [Signal::Traces, Signal::Logs] {
        assert_eq!(report.counts(signal).exported, sent, "{report}");
    }
    let all: BTreeSet<u64> = (ITEMS_PER_TICK..ITEMS_PER_TICK + sent).collect();
    // What the collector forwarded just before its end is sent again, so compared are numbers.
    for (received, what) in received(&receiver).iter().zip(["spans", "records"]) {
        let lost: Vec<_> = all.difference(received).take(5).collect();
        assert!(lost.is_empty(), "{what} lost, the first: {lost:?}");
        assert_eq!(received.len() as u64, sent, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_under_load_lose_nothing_over_grpc() {
    assert_nothing_is_lost("restart-grpc", OtlpProtocol::Grpc).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_under_load_lose_nothing_over_http() {
    assert_nothing_is_lost("restart-http", OtlpProtocol::HttpProtobuf).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_outage_loses_what_the_report_counts() {
    let receiver = Receiver::start();
    let Some(mut collector) = start_without_queue("outage", &receiver).await else {
        return;
    };
    let pipeline = pipeline(&collector, OtlpProtocol::Grpc, Duration::from_secs(3));
    let (before, during, after) = (1..101, 201..251, 301..331);
    export(&pipeline, before.clone());
    until("the first items are exported", async || {
        let [spans, records] = received(&receiver);
        (spans.len() == 100 && records.len() == 100).then_some(())
    })
    .await;

    collector.kill();
    export(&pipeline, during.clone());
    let flushed = tokio::task::spawn_blocking(move || {
        let mut pipeline = pipeline;
        let _ = pipeline.flush(STEP_TIMEOUT);
        pipeline
    });
    let pipeline = flushed.await.unwrap();
    collector.start_again().await;
    export(&pipeline, after.clone());
    let report = shutdown(pipeline).await;

    for signal in [Signal::Traces, Signal::Logs] {
        let counts = report.counts(signal);
        assert_eq!(counts.exported, 130, "{report}");
        assert_eq!(counts.send_failed, 50, "{report}");
        assert_eq!((counts.enqueue_failed, counts.pending), (0, 0), "{report}");
    }
    let expected: BTreeSet<u64> = before.chain(after).collect();
    assert_eq!(received(&receiver), [expected.clone(), expected]);
}
