//! What each variable does.

use std::time::Duration;

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::{Protocol, Signal, Telemetry};

use crate::receiver::Receiver;
use crate::support::{Lines, PATIENCE, env, record, span, with};

/// What is exported, what is logged at start.
fn on(variables: &[(&str, &str)]) -> ([bool; 2], Vec<String>) {
    let (telemetry, lines) = Lines::of(|| with(variables).unwrap());
    ([telemetry.spans().admit(), telemetry.logs().admit()], lines)
}

#[track_caller]
fn is_refused(variables: &[(&str, &str)], name: &str, why: &str) {
    let error = with(variables).unwrap_err();
    assert_eq!(error.setting(), name, "{error}");
    assert!(error.to_string().contains(why), "{error}");
}

/// The one warning of a start with these variables.
#[track_caller]
fn warns(variables: &[(&str, &str)]) -> String {
    let (_, lines) = on(variables);
    let warnings: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("WARN"))
        .collect();
    assert_eq!(warnings.len(), 1, "{lines:?}");
    warnings[0].clone()
}

#[test]
fn without_a_variable_nothing_is_exported_and_one_line_says_so() {
    let (enabled, lines) = on(&[]);
    assert_eq!(enabled, [false; 2]);
    assert_eq!(lines.len(), 1);
    insta::assert_snapshot!(lines[0]);
}

#[test]
fn one_line_says_what_goes_where_and_no_secret() {
    let (enabled, lines) = on(&[
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
    assert_eq!(lines.len(), 1, "{lines:?}");
    insta::assert_snapshot!(lines[0]);
}

#[test]
fn the_sdk_is_disabled_only_by_true() {
    let to = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
    assert_eq!(on(&[to, ("OTEL_SDK_DISABLED", "TRUE")]).0, [false; 2]);
    assert_eq!(on(&[to, ("OTEL_SDK_DISABLED", "false")]).0, [true; 2]);
    assert_eq!(on(&[to, ("OTEL_SDK_DISABLED", "")]).0, [true; 2]);
    let warning = warns(&[to, ("OTEL_SDK_DISABLED", "1")]);
    assert!(warning.contains("OTEL_SDK_DISABLED"), "{warning}");
}

#[test]
fn exporters_are_lists_and_above_endpoints() {
    let to = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
    let traces = |value| on(&[("OTEL_TRACES_EXPORTER", value)]).0[0];
    assert!(traces("otlp"));
    assert!(traces("none, OTLP"));
    assert!(!traces("none"));
    assert_eq!(on(&[to, ("OTEL_TRACES_EXPORTER", "none")]).0, [false, true]);
    // An endpoint of one signal is that of no other.
    let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:1");
    assert_eq!(on(&[own]).0, [true, false]);
}

#[test]
fn what_cannot_be_read_is_said_once_and_passed_over() {
    let to = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
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
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "base2_exponential_bucket_histogram",
        ),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/unused"),
        ("OTEL_LOG_LEVEL", "loud"),
        ("OTEL_CONFIG_FILE", "otel.yaml"),
        ("OTEL_ENTITIES", "service{service.name=shop}"),
    ] {
        let warning = warns(&[to, variable]);
        assert!(warning.contains(variable.0), "{warning}");
        assert_eq!(on(&[to, variable]).0, [true; 2]);
    }
}

#[test]
fn what_would_lose_telemetry_in_silence_is_an_error() {
    let generic = "OTEL_EXPORTER_OTLP_ENDPOINT";
    is_refused(&[(generic, "localhost:4318")], generic, "no URL");
    let own = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
    is_refused(&[(own, "ftp://a")], own, "scheme");
    let to = (generic, "http://localhost:1");
    let headers = "OTEL_EXPORTER_OTLP_HEADERS";
    is_refused(
        &[to, (headers, "a=b,secret")],
        headers,
        "entry 2 has no `=`",
    );
    let error = with(&[to, (headers, "a=b,secret")]).unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn a_signal_that_goes_nowhere_is_not_asked_for_what_it_needs() {
    // None of it is used.
    let (enabled, lines) = on(&[
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "no url"),
    ]);
    assert_eq!(enabled, [false; 2]);
    assert_eq!(
        lines,
        ["INFO nothing is exported, as OTEL_SDK_DISABLED is true"]
    );
}

#[test]
fn little_is_said_to_those_who_want_little() {
    let to = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");
    let bad = ("OTEL_BSP_SCHEDULE_DELAY", "x");
    assert_eq!(on(&[to, bad, ("OTEL_LOG_LEVEL", "none")]).1.len(), 0);
    assert_eq!(on(&[to, bad, ("OTEL_LOG_LEVEL", "WARN")]).1.len(), 1);
    assert_eq!(on(&[to, bad, ("OTEL_LOG_LEVEL", "debug")]).1.len(), 2);
}

#[test]
fn variables_of_a_signal_are_above_those_of_all() {
    let (general, own) = (Receiver::start(), Receiver::start());
    let own_url = own.url() + "/v1/traces";
    let telemetry = with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &general.url()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "team=all"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &own_url),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "team=%62lue"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "HTTP/PROTOBUF"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
    ])
    .unwrap();
    telemetry.spans().export(span("a"));
    telemetry.logs().export(record("b"));
    assert_eq!(telemetry.shutdown(PATIENCE).lost(), 0);
    let (logs, traces) = (general.next(), own.next());
    assert_eq!(logs.headers["team"], "all");
    assert_eq!(logs.headers["content-type"], "application/json");
    assert_eq!(traces.headers["team"], "blue");
    assert_eq!(traces.headers["content-type"], "application/x-protobuf");
    assert_eq!(traces.headers["content-encoding"], "gzip");
}

#[test]
fn code_is_above_the_environment() {
    let receiver = Receiver::start();
    let telemetry = Telemetry::builder()
        .endpoint(receiver.url())
        .protocol(Protocol::HttpJson)
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
    telemetry.spans().export(span("a"));
    let report = telemetry.shutdown(PATIENCE);
    assert_eq!(report.of(Signal::Traces).exported, 1);
    let got = receiver.next();
    assert_eq!(got.headers["team"], "code");
    assert_eq!(got.headers["more"], "1");
    assert_eq!(got.headers["content-type"], "application/json");
    assert!(!got.headers.contains_key("content-encoding"));
}

#[test]
fn a_header_of_code_that_is_none_is_an_error_without_its_value() {
    let error = Telemetry::builder()
        .header("a", "se\ncret")
        .build_with(|_| None);
    let error = error.unwrap_err();
    assert_eq!(error.setting(), "header");
    assert!(!error.to_string().contains("cret"), "{error}");
}

#[test]
fn no_duration_is_too_long() {
    let receiver = Receiver::start();
    let most = u64::MAX.to_string();
    let telemetry = with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", &most),
        ("OTEL_BSP_SCHEDULE_DELAY", &most),
        ("OTEL_BSP_EXPORT_TIMEOUT", &most),
    ])
    .unwrap();
    telemetry.spans().export(span("a"));
    assert_eq!(
        telemetry
            .shutdown(Duration::MAX)
            .of(Signal::Traces)
            .exported,
        1
    );
}
