//! The file sets what the variables set.

use gusset::config::Source;

use crate::{File, build, file};

const EVERYTHING: &str = r#"
file_format: "1.0"
disabled: false
log_level: warn2
attribute_limits:
  attribute_value_length_limit: 4096
  attribute_count_limit: ${COUNT:-64}
resource:
  attributes:
    - name: service.name
      value: ${SERVICE}
    - { name: answer, value: 42, type: int }
    - { name: flag, value: true, type: bool }
    - { name: ratio, value: 0.5, type: double }
  attributes_list: "service.name=list,region=eu%20west"
propagator:
  composite:
    - b3:
  composite_list: "b3,baggage"
tracer_provider:
  processors:
    - batch:
        schedule_delay: 250
        export_timeout: 0
        max_queue_size: 100
        max_export_batch_size: 50
        exporter: &grpc
          otlp_grpc:
            endpoint: http://localhost:4317
            headers:
              - { name: api-key, value: "1234" }
              - { name: empty, value: }
            headers_list: "api-key=old,team=a%2Cb"
            compression: gzip
            timeout: 5000
    - simple: { exporter: { console: } }
  limits:
    attribute_value_length_limit: 100
    attribute_count_limit: 10
    event_count_limit: 11
    link_count_limit: 12
    event_attribute_count_limit: 13
  sampler:
    parent_based:
      root: { trace_id_ratio_based: { ratio: 0.25 } }
      remote_parent_sampled: { always_on: }
      local_parent_not_sampled: { always_off: {} }
meter_provider:
  readers:
    - periodic:
        interval: 15000
        timeout: 7000
        exporter:
          otlp_http:
            endpoint: http://localhost:4318/v1/metrics
            encoding: json
            temporality_preference: low_memory
        cardinality_limits: { default: 500, counter: 100 }
    - pull: { exporter: { prometheus/development: { host: 127.0.0.1, port: 0 } } }
  exemplar_filter: always_off
logger_provider:
  processors:
    - batch: { schedule_delay: 300, exporter: *grpc }
  limits: { attribute_count_limit: 14 }
"#;

#[test]
fn every_part_is_applied() {
    let gusset = build(EVERYTHING, &[("SERVICE", "shop")]).unwrap();
    let effective = gusset.config();
    let config = serde_json::to_value(effective.config()).unwrap();
    for (path, expected) in [
        ("/sdk_disabled", "false"),
        ("/sdk_log_level", "\"warn\""),
        ("/attribute_value_length_limit", "4096"),
        ("/attribute_count_limit", "64"),
        ("/resource/service.name", "\"shop\""),
        ("/resource/region", "\"eu west\""),
        ("/resource/answer", "\"42\""),
        ("/resource/flag", "\"true\""),
        ("/resource/ratio", "\"0.5\""),
        ("/propagators", "[\"b3\",\"baggage\"]"),
        ("/traces/exporters", "[\"otlp\",\"console\"]"),
        ("/traces/batch/schedule_delay", "\"250ms\""),
        (
            "/traces/batch/export_timeout",
            "\"11months 30days 3h 50m 24s\"",
        ),
        ("/traces/batch/max_queue_size", "100"),
        ("/traces/batch/max_export_batch_size", "50"),
        ("/traces/attribute_value_length_limit", "100"),
        ("/traces/attribute_count_limit", "10"),
        ("/traces/event_count_limit", "11"),
        ("/traces/link_count_limit", "12"),
        ("/traces/event_attribute_count_limit", "13"),
        ("/traces/sampler", "\"parentbased_traceidratio\""),
        ("/traces/sampler_ratio", "0.25"),
        ("/otlp/traces_endpoint", "\"http://localhost:4317\""),
        ("/metrics/exporters", "[\"otlp\",\"prometheus\"]"),
        ("/metrics/export_interval", "\"15s\""),
        ("/metrics/export_timeout", "\"7s\""),
        ("/metrics/temporality", "\"lowmemory\""),
        ("/metrics/exemplar_filter", "\"always_off\""),
        (
            "/otlp/metrics_endpoint",
            "\"http://localhost:4318/v1/metrics\"",
        ),
        ("/logs/exporters", "[\"otlp\"]"),
        ("/logs/batch/schedule_delay", "\"300ms\""),
        ("/logs/attribute_count_limit", "14"),
        ("/management/host", "\"127.0.0.1\""),
        ("/management/port", "0"),
    ] {
        let found = config.pointer(path).map(ToString::to_string);
        assert_eq!(found.as_deref(), Some(expected), "{path}");
    }
    assert_eq!(
        effective.source("traces.batch.schedule_delay").to_string(),
        "OTEL_CONFIG_FILE, tracer_provider.processors[0].batch.schedule_delay"
    );
}

#[test]
fn samplers_are_those_of_the_schema() {
    for (sampler, expected) in [
        ("{always_on: }", "always_on"),
        ("{always_off: {}}", "always_off"),
        ("{trace_id_ratio_based: {ratio: 0.5}}", "traceidratio"),
        ("{trace_id_ratio_based: }", "traceidratio"),
        ("{probability/development: {ratio: 0.5}}", "traceidratio"),
        ("{parent_based: }", "parentbased_always_on"),
        (
            "{parent_based: {root: {always_off: }}}",
            "parentbased_always_off",
        ),
    ] {
        let lines = format!("tracer_provider: {{processors: [], sampler: {sampler}}}");
        let gusset = build(&file(&lines), &[]).unwrap();
        let found = gusset
            .config()
            .config()
            .traces
            .sampler
            .map(gusset::config::SamplerName::as_str);
        assert_eq!(found, Some(expected), "{sampler}");
    }
}

#[test]
fn signal_without_provider_is_not_exported() {
    let gusset = build(
        &file(""),
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")],
    )
    .unwrap();
    let config = gusset.config();
    let config = serde_json::to_value(config.config()).unwrap();
    for signal in ["traces", "metrics", "logs"] {
        let exporters = config.pointer(&format!("/{signal}/exporters"));
        assert_eq!(
            exporters.map(ToString::to_string).as_deref(),
            Some("[\"none\"]"),
            "{signal}"
        );
    }
    assert_eq!(
        config.pointer("/propagators").unwrap().to_string(),
        "[\"none\"]"
    );
    assert_eq!(config.pointer("/otlp/endpoint"), None);
}

#[test]
fn other_variables_of_opentelemetry_do_not_apply() {
    let variables = [
        ("OTEL_SERVICE_NAME", "of-env"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "GET"),
        ("RUST_LOG", "warn"),
    ];
    let gusset = build(&file(""), &variables).unwrap();
    let effective = gusset.config();
    assert_eq!(effective.source("service_name"), &Source::Default);
    assert_eq!(effective.source("traces.sampler"), &Source::Default);
    for (path, variable) in [
        (
            "http.known_methods",
            "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
        ),
        ("logs.filter", "RUST_LOG"),
    ] {
        assert_eq!(
            effective.source(path),
            &Source::Environment(variable.to_owned())
        );
    }
}

#[test]
fn former_name_of_the_variable_is_read() {
    let file = File::new(&file("attribute_limits: {attribute_count_limit: 5}"));
    let gusset = gusset::builder()
        .without_health()
        .build_with(|name| (name == "OTEL_EXPERIMENTAL_CONFIG_FILE").then(|| file.path()))
        .unwrap();
    assert_eq!(gusset.config().config().attribute_count_limit, Some(5));
}

#[test]
fn file_of_opentelemetry_overrides_that_of_the_service() {
    let file = File::new(&file("attribute_limits: {attribute_count_limit: 5}"));
    let config = toml::from_str("attribute_count_limit = 6\nservice_name = 'shop'").unwrap();
    let gusset = gusset::builder()
        .config(config)
        .without_health()
        .build_with(|name| (name == "OTEL_CONFIG_FILE").then(|| file.path()))
        .unwrap();
    let effective = gusset.config();
    assert_eq!(effective.config().attribute_count_limit, Some(5));
    assert_eq!(effective.source("service_name"), &Source::File);
}
