//! Environment variables.

use std::time::Duration;

use crate::{LogEntries as _, set_up};

#[tokio::test]
async fn ignored_variables_are_logged_once() {
    let (telemetry, entries) = set_up();
    let wrong = [
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "unknown"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
    ];
    let env = |name: &str| {
        let mut known = wrong.iter();
        let (_, value) = known.find(|(known, _)| *known == name)?;
        Some((*value).to_owned())
    };
    let telemetry = telemetry.build_with(env).unwrap();
    let _report = telemetry.shutdown(Duration::from_secs(1));
    let entries = entries.parsed();
    for (variable, _) in &wrong[..2] {
        let about = entries.iter().filter(|entry| entry["level"] == "WARN");
        let about = about.filter(|entry| entry.to_string().contains(variable));
        assert_eq!(about.count(), 1, "{variable} in {entries:?}");
    }
}

#[test]
fn invalid_variable_is_named_at_start() {
    for (variable, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "not a url"),
        ("OTEL_PROPAGATORS", "none,b3"),
    ] {
        let env = |name: &str| (name == variable).then(|| value.to_owned());
        let error = set_up().0.build_with(env).unwrap_err();
        assert!(error.to_string().contains(variable), "{error}");
    }
}

#[test]
fn unknown_values_are_warned_of_once() {
    let variables = [
        ("GUSSET_LOGS_FILTER", "info,shop=loud"),
        ("GUSSET_LOGS_FORMAT", "xml"),
        ("GUSSET_TRACES_FILTER", "shop=loud"),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http"),
        ("OTEL_LOG_LEVEL", "loud"),
        ("OTEL_LOGS_EXPORTER", "file"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "sometimes"),
        ("OTEL_METRICS_EXPORTER", "statsd"),
        ("OTEL_PROPAGATORS", "ottrace"),
        ("OTEL_RESOURCE_ATTRIBUTES", "no-value"),
        ("OTEL_SDK_DISABLED", "1"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "many"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_TRACES_SAMPLER", "random"),
        ("RUST_LOG", "info,,shop=loud"),
    ];
    let env = |name: &str| {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
        let mut all = variables.iter().chain([&endpoint]);
        let found = all.find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let (telemetry, entries) = set_up();
    let telemetry = telemetry.build_with(env).unwrap();
    let _ = telemetry.shutdown(Duration::from_secs(1));
    let entries = entries.parsed();
    for (variable, _) in variables {
        let warnings: Vec<_> = entries
            .iter()
            .filter(|entry| entry["level"] == "WARN" && entry.to_string().contains(variable))
            .collect();
        assert_eq!(warnings.len(), 1, "{variable} in {entries:#?}");
    }
}

#[tokio::test]
async fn filter_of_the_service_leaves_access_entries() {
    for (value, expected) in [("my_app=debug,,", 1), ("my_app=debug,off", 0)] {
        let (telemetry, entries) = set_up();
        let env = |name: &str| (name == "RUST_LOG").then(|| value.to_owned());
        let telemetry = telemetry.build_with(env).unwrap();
        crate::call(&telemetry).await;
        let _ = telemetry.shutdown(Duration::from_secs(1));
        let entries = entries.parsed();
        assert_eq!(entries.len(), expected, "{value}: {entries:?}");
        assert!(
            entries
                .iter()
                .all(|entry| entry["target"] == "gusset::access")
        );
    }
}

#[cfg(unix)]
#[test]
fn values_that_are_not_unicode_are_warned_of_once() {
    const VARIABLES: [&str; 12] = [
        "GUSSET_LOGS_FILTER",
        "GUSSET_LOGS_FORMAT",
        "GUSSET_TRACES_FILTER",
        "OTEL_BSP_SCHEDULE_DELAY",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_LOG_LEVEL",
        "OTEL_METRICS_EXEMPLAR_FILTER",
        "OTEL_METRICS_EXPORTER",
        "OTEL_PROPAGATORS",
        "OTEL_SPAN_LINK_COUNT_LIMIT",
        "OTEL_TRACES_SAMPLER",
        "RUST_LOG",
    ];
    let test = "environment::values_that_are_not_unicode_are_warned_of_once";
    if !gusset_testkit::with_invalid_variables(test, &VARIABLES).unwrap() {
        return;
    }
    let (telemetry, entries) = set_up();
    let telemetry = telemetry.otlp(|otlp| otlp.endpoint("http://127.0.0.1:9"));
    let telemetry = telemetry.build().unwrap();
    let _ = telemetry.shutdown(Duration::from_secs(1));
    let entries = entries.parsed();
    for variable in VARIABLES {
        let warnings: Vec<_> = entries
            .iter()
            .filter(|entry| entry["level"] == "WARN" && entry.to_string().contains(variable))
            .collect();
        assert_eq!(warnings.len(), 1, "{variable} in {entries:#?}");
    }
}

#[test]
fn given_environment_is_read_for_every_variable() {
    let read = std::cell::RefCell::new(std::collections::BTreeSet::new());
    let env = |name: &str| {
        read.borrow_mut().insert(name.to_owned());
        let value = match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => "http://127.0.0.1:9",
            "OTEL_METRICS_EXPORTER" => "prometheus",
            "OTEL_EXPORTER_PROMETHEUS_PORT" => "0",
            "OTEL_TRACES_SAMPLER" => "traceidratio",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let (telemetry, _) = set_up();
    let telemetry = telemetry.build_with(env).unwrap();
    let _ = telemetry.http().build_with(env).unwrap();
    let read = read.borrow();
    for name in [
        "GUSSET_LOGS_FILTER",
        "GUSSET_LOGS_FORMAT",
        "GUSSET_TRACES_FILTER",
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_BLRP_MAX_QUEUE_SIZE",
        "OTEL_BSP_MAX_QUEUE_SIZE",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        "OTEL_EXPORTER_PROMETHEUS_HOST",
        "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
        "OTEL_LOG_LEVEL",
        "OTEL_METRICS_EXEMPLAR_FILTER",
        "OTEL_METRIC_EXPORT_INTERVAL",
        "OTEL_PROPAGATORS",
        "OTEL_RESOURCE_ATTRIBUTES",
        "OTEL_SDK_DISABLED",
        "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN",
        "OTEL_SERVICE_NAME",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_TRACES_EXPORTER",
        "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_SAMPLER_ARG",
        "RUST_LOG",
    ] {
        assert!(read.contains(name), "{name} in {read:?}");
    }
}

#[tokio::test]
async fn environment_starts_the_metrics_listener() {
    let env = |name: &str| match name {
        "OTEL_METRICS_EXPORTER" => Some("otlp, Prometheus".to_owned()),
        "OTEL_EXPORTER_PROMETHEUS_PORT" => Some("0".to_owned()),
        _ => None,
    };
    let telemetry = set_up().0.build_with(env).unwrap();
    let address = telemetry.metrics_addr().unwrap();
    assert!(address.ip().is_loopback() && tokio::net::TcpStream::connect(address).await.is_ok());
    let unasked = set_up().0.build_with(|_| None).unwrap();
    assert_eq!(unasked.metrics_addr(), None);
}
