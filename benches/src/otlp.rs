//! The cost of OTLP export: queueing a span, and exporting.

use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gusset_data::{
    HistogramDataPoint, Labels, Metric, MetricData, MetricProducer, NumberDataPoint, SpanData,
    SpanKind, SpanSink as _, SpanStatus,
};
use gusset_otlp::{OtlpPipeline, OtlpPipelineBuilder};

use crate::{Scenario, Work, WorkFactory};

/// A span that is created and not queued.
pub const BARE: &str = "otlp/bare";
/// Fits into the queue, together with the warm-up.
const TIMES: u64 = 20_000;

/// Returns the scenarios of queueing a span.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, baseline, make| Scenario {
        name,
        about,
        baseline,
        times: TIMES,
        make,
    };
    vec![
        scenario(BARE, "a span, not queued", None, || calls(None)),
        scenario("otlp/queue", "queued for export", Some(BARE), || {
            calls(Some("100000"))
        }),
        scenario(
            "otlp/full",
            "dropped, the queue is full",
            Some(BARE),
            || calls(Some("1")),
        ),
    ]
}

/// Returns operations that queue spans. Nothing is exported during the measurement.
fn calls(queue: Option<&'static str>) -> WorkFactory {
    let pipeline = queue.map(|queue| {
        let builder = OtlpPipeline::builder().endpoint("http://127.0.0.1:9");
        start(builder, queue)
    });
    // Not dropped, so that the process does not wait for the queue.
    let pipeline = std::mem::ManuallyDrop::new(pipeline);
    let spans = pipeline.as_ref().map(OtlpPipeline::span_sink);
    Box::new(move || {
        let (spans, span) = (spans.clone(), span());
        let work: Work = match spans {
            Some(spans) => Box::new(move || spans.export(span.clone())),
            None => Box::new(move || {
                // Not dropped, because a queued span is not dropped here either.
                std::mem::forget(black_box(span.clone()));
            }),
        };
        work
    })
}

fn start(builder: OtlpPipelineBuilder, queue: &'static str) -> OtlpPipeline {
    let env = move |name: &str| match name {
        "OTEL_BSP_MAX_QUEUE_SIZE" | "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" => Some(queue.to_owned()),
        "OTEL_BSP_SCHEDULE_DELAY" | "OTEL_METRIC_EXPORT_INTERVAL" => Some("3600000".to_owned()),
        "OTEL_LOG_LEVEL" => Some("none".to_owned()),
        _ => None,
    };
    builder.build_with(env).expect("the configuration is valid")
}

/// Returns the span of a request, with the attributes of the semantic conventions.
pub fn span() -> SpanData {
    let start = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    SpanData {
        trace_id: [1; 16],
        span_id: [2; 8],
        parent_span_id: Some([3; 8]),
        parent_is_remote: true,
        flags: 1,
        trace_state: "".into(),
        name: "GET /items/{id}".into(),
        kind: SpanKind::Server,
        scope: "gusset".into(),
        start,
        end: start + Duration::from_millis(3),
        attributes: vec![
            ("http.request.method".into(), "GET".into()),
            ("url.scheme".into(), "https".into()),
            ("url.path".into(), "/items/7".into()),
            ("http.route".into(), "/items/{id}".into()),
            ("http.response.status_code".into(), 200_i64.into()),
            ("server.address".into(), "shop.example".into()),
            ("server.port".into(), 443_i64.into()),
            ("network.protocol.version".into(), "1.1".into()),
        ],
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: SpanStatus::Unset,
    }
}

/// Series: half of them counters, half of them histograms with fourteen bounds.
#[derive(Clone, Debug)]
pub struct Series(Arc<[Metric]>);

// === impl Series ===

impl Series {
    /// Creates this number of series, each with four labels.
    pub fn new(count: usize) -> Self {
        let bounds: Arc<[f64]> = (1_u32..=14).map(|index| f64::from(index) / 100.0).collect();
        let start: SystemTime = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let labels = |index| -> Labels {
            Labels::from([
                ("http.request.method".into(), "GET".into()),
                ("http.response.status_code".into(), "200".into()),
                ("http.route".into(), format!("/items/{index}/{{id}}").into()),
                ("url.scheme".into(), "https".into()),
            ])
        };
        let numbers = (0..count / 2).map(|index| NumberDataPoint {
            labels: labels(index),
            start,
            value: index as f64,
        });
        let histograms = (0..count / 2).map(|index| HistogramDataPoint {
            labels: labels(index),
            start,
            bounds: Arc::clone(&bounds),
            counts: vec![index as u64; bounds.len() + 1],
            sum: Some(index as f64),
            exemplars: Vec::new(),
        });
        let metric = |name: &'static str, data| Metric {
            name: name.into(),
            unit: "s".into(),
            description: "An example.".into(),
            data,
        };
        Self(Arc::new([
            metric("app.jobs", MetricData::Counter(numbers.collect())),
            metric("app.duration", MetricData::Histogram(histograms.collect())),
        ]))
    }
}

impl MetricProducer for Series {
    fn metrics(&self) -> Vec<Metric> {
        self.0.to_vec()
    }
}

/// Returns a pipeline with these series, to a local receiver that discards everything. The queue has room
/// for 16,384 spans, in batches of 512.
///
/// # Panics
/// If no port is free.
pub fn pipeline(series: Series) -> OtlpPipeline {
    let builder = OtlpPipeline::builder()
        .endpoint(receiver())
        .metric_producer(series);
    let env = |name: &str| match name {
        "OTEL_BSP_MAX_QUEUE_SIZE" => Some("16384".to_owned()),
        "OTEL_BSP_SCHEDULE_DELAY" | "OTEL_METRIC_EXPORT_INTERVAL" => Some("3600000".to_owned()),
        _ => None,
    };
    builder.build_with(env).expect("the configuration is valid")
}

fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || receive(&stream));
        }
    });
    format!("http://{address}")
}

/// Receives requests until the connection ends.
fn receive(stream: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    let mut body = vec![0; 1 << 16];
    loop {
        let mut length: usize = 0;
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().ok()?;
            }
        }
        while length > 0 {
            let part = length.min(body.len());
            reader.read_exact(&mut body[..part]).ok()?;
            length -= part;
        }
        writer
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .ok()?;
    }
}
