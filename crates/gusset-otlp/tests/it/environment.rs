//! Environment variables.

use std::time::Duration;

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::{OtlpPipeline, OtlpProtocol, Signal};

use crate::receiver::Receiver;
use crate::support::{CapturedLogs, TEST_TIMEOUT, build_with, env, record, span};

/// Returns whether spans and log records are exported, and the log entries of the start.
fn start(variables: &[(&str, &str)]) -> ([bool; 2], Vec<String>) {
    let (pipeline, logs) = CapturedLogs::capture(|| build_with(variables).unwrap());
    (
        [
            pipeline.span_sink().has_capacity(),
            pipeline.log_sink().has_capacity(),
        ],
        logs,
    )
}

#[track_caller]
fn assert_rejected(variables: &[(&str, &str)], name: &str, reason: &str) {
    let error = build_with(variables).unwrap_err();
    assert_eq!(error.setting(), name, "{error}");
    assert!(error.to_string().contains(reason), "{error}");
}

/// Returns the only warning of a start with these variables.
#[track_caller]
fn warning(variables: &[(&str, &str)]) -> String {
    let (_, logs) = start(variables);
    let warnings: Vec<_> = logs
        .iter()
        .filter(|entry| entry.starts_with("WARN"))
        .collect();
    assert_eq!(warnings.len(), 1, "{logs:?}");
    warnings[0].clone()
}

#[test]
fn nothing_is_exported_by_default() {
    let (enabled, logs) = start(&[]);
    assert_eq!(enabled, [false; 2]);
    assert_eq!(logs.len(), 1);
    insta::assert_snapshot!(logs[0]);
}

#[test]
fn start_logs_endpoints_without_secrets() {
    let (enabled, logs) = start(&[
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://collector:4318/x?key=secret",
        ),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"),
        ("OTEL_TRACES_EXPORTER", "otlp,console"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs:4317"),
    ]);
    assert_eq!(enabled, [true; 2]);
    assert_eq!(logs.len(), 1, "{logs:?}");
    insta::assert_snapshot!(logs[0]);
}

#[test]
fn sdk_is_disabled_only_by_true() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
    assert_eq!(
        start(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")]).0,
        [false; 2]
    );
    assert_eq!(
        start(&[endpoint, ("OTEL_SDK_DISABLED", "false")]).0,
        [true; 2]
    );
    assert_eq!(start(&[endpoint, ("OTEL_SDK_DISABLED", "")]).0, [true; 2]);
    let warning = warning(&[endpoint, ("OTEL_SDK_DISABLED", "1")]);
    assert!(warning.contains("OTEL_SDK_DISABLED"), "{warning}");
}

#[test]
fn exporter_list_overrides_endpoints() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
    let traces = |value| start(&[("OTEL_TRACES_EXPORTER", value)]).0[0];
    assert!(traces("otlp"));
    assert!(traces("none, OTLP"));
    assert!(!traces("none"));
    assert_eq!(
        start(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]).0,
        [false, true]
    );
    // The endpoint of one signal does not apply to others.
    let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:1");
    assert_eq!(start(&[own]).0, [true, false]);
}

#[test]
fn invalid_value_is_ignored_with_one_warning() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
    for variable in [
        ("OTEL_TRACES_EXPORTER", "otlp,zipkin"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "smoke"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "10s"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "99999999999"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "x"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "x"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "x"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "x"),
        ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "x"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "both"),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/unused"),
        ("OTEL_LOG_LEVEL", "loud"),
        ("OTEL_CONFIG_FILE", "otel.yaml"),
        ("OTEL_ENTITIES", "service{service.name=shop}"),
    ] {
        let warning = warning(&[endpoint, variable]);
        assert!(warning.contains(variable.0), "{warning}");
        assert_eq!(start(&[endpoint, variable]).0, [true; 2]);
    }
}

#[test]
fn invalid_endpoint_or_header_is_an_error() {
    let generic = "OTEL_EXPORTER_OTLP_ENDPOINT";
    assert_rejected(&[(generic, "localhost:4318")], generic, "not a valid URL");
    let own = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
    assert_rejected(&[(own, "ftp://a")], own, "scheme");
    let endpoint = (generic, "http://localhost:1");
    let headers = "OTEL_EXPORTER_OTLP_HEADERS";
    assert_rejected(
        &[endpoint, (headers, "a=b,secret")],
        headers,
        "entry 2 has no `=`",
    );
    let error = build_with(&[endpoint, (headers, "a=b,secret")]).unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn disabled_sdk_ignores_invalid_endpoint() {
    let (enabled, logs) = start(&[
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "not a url"),
    ]);
    assert_eq!(enabled, [false; 2]);
    assert_eq!(
        logs,
        ["INFO nothing is exported: OTEL_SDK_DISABLED is true"]
    );
}

#[test]
fn log_level_limits_log_entries() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
    let bad = ("OTEL_BSP_SCHEDULE_DELAY", "x");
    assert_eq!(
        start(&[endpoint, bad, ("OTEL_LOG_LEVEL", "none")]).1.len(),
        0
    );
    assert_eq!(
        start(&[endpoint, bad, ("OTEL_LOG_LEVEL", "WARN")]).1.len(),
        1
    );
    assert_eq!(
        start(&[endpoint, bad, ("OTEL_LOG_LEVEL", "debug")]).1.len(),
        2
    );
}

#[test]
fn signal_variables_override_general_ones() {
    let (general, own) = (Receiver::start(), Receiver::start());
    let own_url = own.url() + "/v1/traces";
    let pipeline = build_with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &general.url()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "team=all"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &own_url),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "team=%62lue"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "HTTP/PROTOBUF"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
    ])
    .unwrap();
    pipeline.span_sink().export(span("a"));
    pipeline.log_sink().export(record("b"));
    assert_eq!(pipeline.shutdown(TEST_TIMEOUT).dropped(), 0);
    let (logs, traces) = (general.next_request(), own.next_request());
    assert_eq!(logs.headers["team"], "all");
    assert_eq!(logs.headers["content-type"], "application/json");
    assert_eq!(traces.headers["team"], "blue");
    assert_eq!(traces.headers["content-type"], "application/x-protobuf");
    assert_eq!(traces.headers["content-encoding"], "gzip");
}

#[test]
fn unknown_value_of_a_signal_falls_back_to_the_general_variable() {
    let receiver = Receiver::start();
    let url = receiver.url();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "20000"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "10s"),
    ];
    let (pipeline, logs) = CapturedLogs::capture(|| build_with(&variables).unwrap());
    let warnings = logs.iter().filter(|entry| entry.starts_with("WARN"));
    assert_eq!(warnings.count(), 3, "{logs:?}");
    pipeline.span_sink().export(span("a"));
    assert_eq!(pipeline.shutdown(TEST_TIMEOUT).dropped(), 0);
    let request = receiver.next_request();
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["content-encoding"], "gzip");
}

#[test]
fn builder_overrides_the_environment() {
    let receiver = Receiver::start();
    let pipeline = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .protocol(OtlpProtocol::HttpJson)
        .header("team", "code")
        .gzip(false)
        .timeout(Duration::from_secs(20))
        .build_with(env(&[
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:1"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "team=env,more=1"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ]))
        .unwrap();
    pipeline.span_sink().export(span("a"));
    let report = pipeline.shutdown(TEST_TIMEOUT);
    assert_eq!(report.counts(Signal::Traces).exported, 1);
    let got = receiver.next_request();
    assert_eq!(got.headers["team"], "code");
    assert_eq!(got.headers["more"], "1");
    assert_eq!(got.headers["content-type"], "application/json");
    assert!(!got.headers.contains_key("content-encoding"));
}

#[test]
fn invalid_header_error_hides_the_value() {
    let error = OtlpPipeline::builder()
        .header("a", "se\ncret")
        .build_with(|_| None);
    let error = error.unwrap_err();
    assert_eq!(error.setting(), "header");
    assert!(!error.to_string().contains("cret"), "{error}");
}

#[test]
fn huge_durations_are_accepted() {
    let receiver = Receiver::start();
    let max = u64::MAX.to_string();
    let pipeline = build_with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", &max),
        ("OTEL_BSP_SCHEDULE_DELAY", &max),
        ("OTEL_BSP_EXPORT_TIMEOUT", &max),
    ])
    .unwrap();
    pipeline.span_sink().export(span("a"));
    assert_eq!(
        pipeline
            .shutdown(Duration::MAX)
            .counts(Signal::Traces)
            .exported,
        1
    );
}

/// Runs a test of this name in a process of its own, which has no subscriber yet.
fn run_without_subscriber(test: &str) {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(IS_CHILD, "1")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{output}");
    assert!(output.contains("1 passed"), "{output}");
}

const INVALID: [(&str, &str); 2] = [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1"),
    ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
];

#[test]
fn start_is_logged_once_there_is_a_subscriber() {
    if std::env::var_os(IS_CHILD).is_none() {
        return run_without_subscriber("environment::start_is_logged_once_there_is_a_subscriber");
    }
    let pipeline = build_with(&INVALID).unwrap();
    let logs = CapturedLogs::global();
    let start = tokio::time::Instant::now();
    while logs.containing("").len() < 2 {
        assert!(start.elapsed() < TEST_TIMEOUT, "{logs:?}");
        std::thread::yield_now();
    }
    let _ = pipeline.shutdown(Duration::from_millis(100));
    assert_eq!(
        logs.containing("WARN ignoring OTEL_BSP_SCHEDULE_DELAY")
            .len(),
        1
    );
    assert_eq!(logs.containing("INFO exporting traces").len(), 1);
}

#[test]
fn start_is_logged_at_shutdown_at_the_latest() {
    if std::env::var_os(IS_CHILD).is_none() {
        return run_without_subscriber("environment::start_is_logged_at_shutdown_at_the_latest");
    }
    let pipeline = build_with(&INVALID).unwrap();
    // A subscriber of this thread alone.
    let (_, logs) = CapturedLogs::capture(|| pipeline.shutdown(Duration::from_millis(100)));
    assert!(
        logs[0].starts_with("WARN ignoring OTEL_BSP_SCHEDULE_DELAY"),
        "{logs:?}"
    );
    assert!(logs[1].starts_with("INFO exporting traces"), "{logs:?}");
}

const IS_CHILD: &str = "GUSSET_OTLP_TEST_IS_CHILD";

#[cfg(unix)]
#[test]
fn non_unicode_value_is_ignored_with_a_warning() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::process::Command;

    const NAME: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    if std::env::var_os(IS_CHILD).is_some() {
        let (pipeline, logs) = CapturedLogs::capture(|| OtlpPipeline::from_env().unwrap());
        assert!(!pipeline.span_sink().has_capacity());
        let warning = format!("WARN ignoring `{NAME}`: not valid Unicode; the default is used");
        assert!(logs.contains(&warning), "{logs:?}");
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "environment::non_unicode_value_is_ignored_with_a_warning",
        ])
        .env(IS_CHILD, "1")
        .env(NAME, std::ffi::OsStr::from_bytes(b"http://\xff"))
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{output}");
    assert!(output.contains("1 passed"), "{output}");
}
