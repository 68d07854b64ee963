//! What the road to a collector costs: to give it a span, and to export.

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

use crate::{Scenario, Work, Works};

/// A span that is made and kept.
pub const BARE: &str = "otlp/bare";
/// Fits into the queue, warming up included.
const TIMES: u64 = 20_000;

/// The scenarios of giving a span away.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, over, make| Scenario {
        name,
        about,
        over,
        times: TIMES,
        make,
    };
    vec![
        scenario(BARE, "a span, made and kept", None, || works(None)),
        scenario("otlp/push", "given to the road", Some(BARE), || {
            works(Some("100000"))
        }),
        scenario(
            "otlp/full",
            "given to the road, whose queue is full",
            Some(BARE),
            || works(Some("1")),
        ),
    ]
}

/// Gives spans to a road with so large a queue, from which nothing is taken meanwhile.
fn works(queue: Option<&'static str>) -> Works {
    let telemetry = queue.map(|queue| {
        let builder = OtlpPipeline::builder().endpoint("http://127.0.0.1:9");
        start(builder, queue)
    });
    // Kept to the end of the process, which does not wait for what is in the queue.
    let telemetry = std::mem::ManuallyDrop::new(telemetry);
    let spans = telemetry.as_ref().map(OtlpPipeline::span_sink);
    Box::new(move || {
        let (spans, span) = (spans.clone(), span());
        let work: Work = match spans {
            Some(spans) => Box::new(move || spans.export(span.clone())),
            None => Box::new(move || {
                // Not dropped here: a span that is given away is not either.
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
    builder.build_with(env).expect("a good configuration")
}

/// The span of a request, with what the conventions want on it.
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

/// So many series: half of them counters, half of them histograms with fourteen bounds.
#[derive(Clone, Debug)]
pub struct Series(Arc<[Metric]>);

// === impl Series ===

impl Series {
    /// So many of them, each with four labels.
    pub fn new(count: usize) -> Self {
        let bounds: Arc<[f64]> = (1_u32..=14).map(|at| f64::from(at) / 100.0).collect();
        let start: SystemTime = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let labels = |at| -> Labels {
            Labels::from([
                ("http.request.method".into(), "GET".into()),
                ("http.response.status_code".into(), "200".into()),
                ("http.route".into(), format!("/items/{at}/{{id}}").into()),
                ("url.scheme".into(), "https".into()),
            ])
        };
        let numbers = (0..count / 2).map(|at| NumberDataPoint {
            labels: labels(at),
            start,
            value: at as f64,
        });
        let histograms = (0..count / 2).map(|at| HistogramDataPoint {
            labels: labels(at),
            start,
            bounds: Arc::clone(&bounds),
            counts: vec![at as u64; bounds.len() + 1],
            sum: at as f64,
            exemplars: Vec::new(),
        });
        let metric = |name: &'static str, data| Metric {
            name: name.into(),
            unit: "s".into(),
            description: "Something.".into(),
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

/// Telemetry of these series to a receiver on this machine that takes everything and reads nothing of
/// it, with room for 16,384 spans in batches of 512.
///
/// # Panics
/// Without a port to be had on this machine.
pub fn telemetry(series: Series) -> OtlpPipeline {
    let builder = OtlpPipeline::builder().endpoint(receiver()).metric_producer(series);
    let env = |name: &str| match name {
        "OTEL_BSP_MAX_QUEUE_SIZE" => Some("16384".to_owned()),
        "OTEL_BSP_SCHEDULE_DELAY" | "OTEL_METRIC_EXPORT_INTERVAL" => Some("3600000".to_owned()),
        _ => None,
    };
    builder.build_with(env).expect("a good configuration")
}

fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the machine has a port");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || take(&stream));
        }
    });
    format!("http://{address}")
}

/// Takes requests until there are no more.
fn take(stream: &TcpStream) -> Option<()> {
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
