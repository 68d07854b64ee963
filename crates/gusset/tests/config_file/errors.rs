//! Errors name the path.

use crate::{build, build_with_log, file};
use gusset_testkit::SharedOutput;

fn error(lines: &str) -> String {
    match build(&file(lines), &[("WORD", "soon")]) {
        Ok(_) => panic!("no error: {lines}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn unknown_key_names_the_path() {
    for (lines, path) in [
        ("resource: {colour: 1}", "resource.colour"),
        ("attribute_limits: {limit: 1}", "attribute_limits.limit"),
        (
            "tracer_provider: {processors: [{batch: {exporter: {console: {}}, delay: 1}}]}",
            "tracer_provider.processors[0].batch.delay",
        ),
        (
            "tracer_provider: {processors: [{batch: {exporter: {otlp_http: {endpont: x}}}}]}",
            "tracer_provider.processors[0].batch.exporter.otlp_http.endpont",
        ),
        (
            "logger_provider: {processors: [{batch: {exporter: {otlp_http: {tls: {insecure: true}}}}}]}",
            "logger_provider.processors[0].batch.exporter.otlp_http.tls.insecure",
        ),
        (
            "tracer_provider: {processors: [], sampler: {always_on: {ratio: 1}}}",
            "tracer_provider.sampler.always_on.ratio",
        ),
        (
            "meter_provider: {readers: [], views: [{selector: {name: x}, stream: {}}]}",
            "meter_provider.views[0].selector.name",
        ),
    ] {
        assert_eq!(error(lines), format!("`{path}`: unknown key"));
    }
}

#[test]
fn wrong_value_names_the_path() {
    for (lines, expected) in [
        ("disabled: maybe", "`disabled`: neither `true` nor `false`"),
        (
            "disabled: ${WORD}",
            "`disabled`: `soon` is neither `true` nor `false`",
        ),
        (
            "attribute_limits: {attribute_count_limit: \"5\"}",
            "`attribute_limits.attribute_count_limit`: not an integer from 0",
        ),
        (
            "attribute_limits:\n  attribute_count_limit: ${WORD}",
            "`attribute_limits.attribute_count_limit`: `soon` is not an integer from 0",
        ),
        (
            "attribute_limits: {attribute_count_limit: -1}",
            "`attribute_limits.attribute_count_limit`: ",
        ),
        ("attribute_limits: 5", "`attribute_limits`: not a mapping"),
        (
            "resource: {attributes: 5}",
            "`resource.attributes`: not a list",
        ),
        (
            "resource: {attributes: [{value: a}]}",
            "`resource.attributes[0]`: the key `name` is missing",
        ),
        (
            "resource: {attributes: [{name: a, value: x, type: int}]}",
            "`resource.attributes[0].value`: not a number",
        ),
        (
            "resource: {attributes: [{name: a, value: x, type: word}]}",
            "`resource.attributes[0].type`: `word` is not one of `string`, `bool`",
        ),
        (
            "resource: {attributes_list: \"a=b,secret\"}",
            "`resource.attributes_list`: entry 2 is not",
        ),
        (
            "tracer_provider: {}",
            "`tracer_provider`: the key `processors` is missing",
        ),
        (
            "tracer_provider: {processors: [{batch: {}}]}",
            "`tracer_provider.processors[0].batch`: the key `exporter` is missing",
        ),
        (
            "tracer_provider: {processors: [{batch: {exporter: {}, max_queue_size: 0}}]}",
            "`tracer_provider.processors[0].batch.max_queue_size`: must be at least 1",
        ),
        (
            "tracer_provider: {processors: [{batch: {exporter: {console: {}, otlp_http: {}}}}]}",
            "`tracer_provider.processors[0].batch.exporter`: has 2 keys instead of one",
        ),
        (
            "tracer_provider: {processors: [], sampler: {trace_id_ratio_based: {ratio: 2}}}",
            "`tracer_provider.sampler.trace_id_ratio_based.ratio`: 2 is not from 0 to 1",
        ),
        (
            "meter_provider: {readers: [], exemplar_filter: some}",
            "`meter_provider.exemplar_filter`: `some` is not one of `always_on`",
        ),
        (
            "meter_provider: {readers: [], views: [{selector: {instrument_type: meter}, stream: {}}]}",
            "`meter_provider.views[0].selector.instrument_type`: `meter` is not a type",
        ),
        (
            "meter_provider: {readers: [], views: [{selector: {instrument_name: a}, stream: \
             {aggregation: {explicit_bucket_histogram: {boundaries: [2, 1]}}}}]}",
            "`meter_provider.views[0].stream.aggregation.explicit_bucket_histogram.boundaries`: \
             not ascending: 2 is followed by 1",
        ),
        (
            "meter_provider: {readers: [], views: [{selector: {instrument_name: a}, stream: \
             {aggregation: {base2_exponential_bucket_histogram: {max_size: 1}}}}]}",
            "`meter_provider.views[0].stream.aggregation.base2_exponential_bucket_histogram.max_size`: 1 is not",
        ),
        (
            "meter_provider: {readers: [], views: [{selector: {instrument_name: a}, stream: \
             {aggregation: {base2_exponential_bucket_histogram: {max_scale: 1.5}}}}]}",
            "`meter_provider.views[0].stream.aggregation.base2_exponential_bucket_histogram.max_scale`: not an integer",
        ),
        (
            "meter_provider: {readers: [], views: [{selector: {instrument_name: a*}, stream: {name: b}}]}",
            "`meter_provider.views[0].stream.name`: requires the name of one metric",
        ),
        (
            "log_level: ${1WORD}",
            "`log_level`: `${1WORD}` is not a reference to a variable",
        ),
    ] {
        let error = error(lines);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn error_about_a_setting_names_the_path() {
    let lines = "
tracer_provider:
  processors:
    - batch: { exporter: { otlp_http: { endpoint: 'collector:4318' } } }
";
    let error = error(lines);
    let path = "`tracer_provider.processors[0].batch.exporter.otlp_http.endpoint`: not a valid URL";
    assert!(error.starts_with(path), "{error}");
}

#[test]
fn unreadable_file_names_the_variable() {
    let builder = gusset::builder().without_health();
    let missing =
        |name: &str| (name == "OTEL_CONFIG_FILE").then(|| "/does/not/exist.yaml".to_owned());
    let error = builder.build_with(missing).unwrap_err().to_string();
    assert!(
        error.starts_with("`OTEL_CONFIG_FILE`: `/does/not/exist.yaml`: "),
        "{error}"
    );

    for (text, reason) in [("a: [", "line 2"), ("a: 1\na: 2", "duplicate entry")] {
        let error = build(text, &[]).unwrap_err().to_string();
        assert!(error.starts_with("`OTEL_CONFIG_FILE`: `"), "{error}");
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn other_versions_are_errors() {
    for (text, expected) in [
        ("disabled: true", "`file_format`: missing"),
        ("", "`file_format`: missing"),
        (
            "file_format: \"0.4\"",
            "`file_format`: `0.4` is not supported",
        ),
        (
            "file_format: \"2.0\"",
            "`file_format`: `2.0` is not supported",
        ),
        (
            "file_format: latest",
            "`file_format`: `latest` is not supported",
        ),
    ] {
        let error = build(text, &[]).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    for text in [
        "file_format: \"1.0\"",
        "file_format: 1.0",
        "file_format: \"1.1\"",
    ] {
        assert!(build(text, &[]).is_ok(), "{text}");
    }
}

#[test]
fn unsupported_parts_are_named_in_one_warning() {
    let lines = "
instrumentation/development: { general: {} }
resource: { schema_url: 'https://example.com', detection/development: { detectors: [] } }
propagator: { composite: [{ tracecontext: }, { ottrace: }], composite_list: 'baggage,other' }
tracer_provider:
  processors:
    - batch: { exporter: { zipkin: { endpoint: x } } }
    - simple: { exporter: { console: } }
    - redacting: {}
  limits: { link_attribute_count_limit: 5 }
  sampler: { jaeger_remote/development: { endpoint: x } }
meter_provider:
  readers:
    - periodic: { exporter: { otlp_file/development: } }
  views:
    - { selector: { meter_name: x }, stream: { aggregation: { drop: } } }
    - { selector: { instrument_name: a }, stream: { aggregation: { sum: } } }
";
    let log = SharedOutput::default();
    let gusset = build_with_log(&file(lines), &[], log.clone()).unwrap();
    assert!(gusset.flush(std::time::Duration::from_secs(30)));
    let log = log.text();
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("WARN")).collect();
    let [warning] = &warnings[..] else {
        panic!("{warnings:?}");
    };
    for path in [
        "instrumentation/development",
        "resource.schema_url",
        "resource.detection/development",
        "propagator.composite[1].ottrace",
        "propagator.composite_list (`other`)",
        "tracer_provider.processors[0].batch.exporter.zipkin",
        "tracer_provider.processors[2].redacting",
        "tracer_provider.limits.link_attribute_count_limit",
        "tracer_provider.sampler.jaeger_remote/development",
        "meter_provider.readers[0].periodic.exporter.otlp_file/development",
        "meter_provider.views[0].selector.meter_name",
        "meter_provider.views[1].stream.aggregation.sum",
    ] {
        assert_eq!(warning.matches(path).count(), 1, "{path} in {warning}");
    }
    assert!(
        warning.contains("OTEL_CONFIG_FILE: ignoring what is not supported: "),
        "{warning}"
    );
}
