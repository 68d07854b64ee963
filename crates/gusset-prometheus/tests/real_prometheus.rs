//! The rendered text, read by Prometheus's tools. Skipped if they are missing, except in CI.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod common;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use gusset_core::SpanIds;
use gusset_prometheus::{PrometheusExporter, Resource};
use metrics::{
    HistogramFn as _, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

/// Runs a tool with `input`. Returns `None` if the tool is missing.
fn run(mut tool: Command, input: &str) -> Option<Output> {
    let tool = tool
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = tool.spawn().ok()?;
    let mut stdin = child.stdin.take().unwrap();
    // A tool that exits early does not read all input, and its status is checked.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    Some(child.wait_with_output().unwrap())
}

fn skip(what: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "{what} is missing, and CI must have it"
    );
    println!("SKIPPED: {what} is missing");
}

/// Returns an exporter with described metrics of every kind, and hostile label values.
fn prometheus() -> PrometheusExporter {
    let prometheus = PrometheusExporter::builder()
        .resource(Resource::new().with("service.name", r#"sh\o"p"#))
        .build()
        .unwrap();
    metrics::with_local_recorder(&prometheus.recorder(), || {
        describe_histogram!(
            "http.server.request.duration",
            Unit::Seconds,
            "Duration, \\ \"all\".\nYes."
        );
        describe_histogram!(
            "http.server.response.body.size",
            Unit::Bytes,
            "Size of bodies."
        );
        describe_gauge!(
            "http.server.active_requests",
            Unit::Count,
            "Requests in \\ progress."
        );
        describe_gauge!(
            "cpu.utilization",
            Unit::Percent,
            "Fraction of CPU time in use."
        );
        describe_counter!("process.cpu.time", Unit::Seconds, "CPU time.");
        describe_counter!("orders", Unit::Count, "Orders taken.");
        for route in [
            "/",
            r"back\slash",
            r#"quo"te"#,
            "new\nline",
            r#"\"#,
            r#"\\"\n"#,
            "größe 🦀\r",
        ] {
            let labels = [("http.route", route), ("http.request.method", "GET")];
            histogram!("http.server.request.duration", &labels).record(0.3);
            gauge!("http.server.active_requests", &labels).set(-2.5);
            counter!("orders", &labels).increment(1 << 40);
        }
        histogram!("http.server.response.body.size").record_many(1e9, 3);
        gauge!("cpu.utilization").set(f64::INFINITY);
        counter!("process.cpu.time").increment(3);
    });
    prometheus
}

fn rendered() -> String {
    prometheus().endpoint().render()
}

#[test]
fn promtool_accepts_the_text() {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]);
    let Some(output) = run(promtool, &rendered()) else {
        return skip("promtool");
    };
    let message = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{message}");
    assert_eq!(message, "");
}

#[test]
fn promtool_rejects_invalid_text() {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]);
    let invalid = "# TYPE waits_milliseconds counter\nwaits_milliseconds 1\n";
    match run(promtool, invalid) {
        None => skip("promtool"),
        Some(output) => assert!(!output.status.success()),
    }
}

#[test]
fn python_client_accepts_open_metrics() {
    // Its parser checks names, units, order, duplicates and numbers against the specification.
    const SCRIPT: &str = "
import sys
try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
except ImportError:
    sys.exit(77)
found = 0
for family in families(sys.stdin.buffer.read().decode()):
    assert family.documentation, family
    for s in family.samples:
        if s.exemplar:
            found += 1
            assert s.exemplar.labels == {'trace_id': 'ab' * 16, 'span_id': 'cd' * 8}, s
            assert s.exemplar.value == 0.3 and s.exemplar.timestamp, s
    print(family.name, family.type, family.unit, len(family.samples))
assert found == 7, found
";
    let prometheus = prometheus();
    with_exemplars(&prometheus);
    let mut python = Command::new("python3");
    python.args(["-c", SCRIPT]);
    let text = prometheus.endpoint().render_open_metrics();
    let output = match run(python, &text) {
        Some(output) if output.status.code() != Some(77) => output,
        _ => return skip("python3 with prometheus_client"),
    };
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}\n{text}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "cpu_utilization_percent gauge percent 1\n\
         http_server_active_requests gauge  7\n\
         http_server_request_duration_seconds histogram seconds 119\n\
         http_server_response_body_size_bytes histogram bytes 15\n\
         orders counter  7\n\
         process_cpu_time_seconds counter seconds 1\n\
         target info  1\n"
    );
}

/// Records again, in a sampled span.
fn with_exemplars(prometheus: &PrometheusExporter) {
    let ids = SpanIds::new([0xab; 16], [0xcd; 8], true);
    for family in prometheus.recorder().histograms() {
        for series in family.series().filter(|it| !it.label_text().is_empty()) {
            ids.scope(|| series.value().record(0.3));
        }
    }
}

#[test]
fn python_client_reads_every_value() {
    // Prints one line for each sample, with names and labels in hexadecimal.
    const SCRIPT: &str = "
import sys
try:
    from prometheus_client.parser import text_string_to_metric_families as families
except ImportError:
    sys.exit(77)
hex = lambda text: text.encode().hex() + '.'
page = sys.stdin.buffer.read().decode()
for family in families(page):
    for s in family.samples:
        labels = ' '.join(hex(k) + '=' + hex(v) for k, v in sorted(s.labels.items()))
        print(hex(s.name), repr(float(s.value)), labels)
";
    let mut python = Command::new("python3");
    python.args(["-c", SCRIPT]);
    let text = rendered();
    let output = match run(python, &text) {
        Some(output) if output.status.code() != Some(77) => output,
        _ => return skip("python3 with prometheus_client"),
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let hex = |text: &str| {
        let bytes = text.bytes().map(|byte| format!("{byte:02x}"));
        bytes.collect::<String>() + "."
    };
    let read = String::from_utf8(output.stdout).unwrap();
    let mut read: Vec<_> = read
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    let mut written: Vec<_> = common::samples(&text)
        .into_iter()
        .map(|mut sample| {
            sample.labels.sort();
            let labels = sample
                .labels
                .iter()
                .map(|(k, v)| format!("{}={}", hex(k), hex(v)));
            let value = python_float(sample.value.parse().unwrap());
            let labels = labels.collect::<Vec<_>>().join(" ");
            format!("{} {value} {labels}", hex(&sample.name))
                .trim_end()
                .to_owned()
        })
        .collect();
    read.sort();
    written.sort();
    assert_eq!(read, written);
    assert!(read.len() > 100, "{} samples", read.len());
}

/// Formats a number like Python. No number here needs an exponent.
fn python_float(value: f64) -> String {
    if value.is_infinite() {
        "inf".to_owned()
    } else {
        format!("{value:?}")
    }
}
