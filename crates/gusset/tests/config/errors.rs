//! Errors name the path.

use gusset::Config;
use serde::Deserialize;

use crate::{build, toml};

/// The service's own settings.
#[derive(Debug, Deserialize)]
struct Settings {
    #[expect(dead_code, reason = "it is only parsed")]
    gusset: Config,
}

fn toml_error(text: &str) -> String {
    toml::from_str::<Config>(text).unwrap_err().to_string()
}

fn yaml_error(text: &str) -> String {
    yaml_serde::from_str::<Config>(text)
        .unwrap_err()
        .to_string()
}

fn build_error(text: &str) -> String {
    build(text, &[]).unwrap_err().to_string()
}

#[test]
fn unknown_value_names_the_path() {
    let toml = toml_error("[logs]\nformat = 'xml'");
    let yaml = yaml_error("logs:\n  format: xml");
    for error in [toml, yaml] {
        assert!(
            error.contains("`logs.format`: unknown variant `xml`, expected one of `json`, `ecs`"),
            "{error}"
        );
    }
}

#[test]
fn unknown_key_names_the_path() {
    for (toml, yaml, expected) in [
        (
            "colour = 1",
            "colour: 1",
            "`colour`: unknown field `colour`",
        ),
        (
            "[logs]\nformatt = 'json'",
            "logs:\n  formatt: json",
            "`logs.formatt`: unknown field `formatt`, expected one of",
        ),
        (
            "[metrics.views.age]\nbounds = [1.0]",
            "metrics:\n  views:\n    age:\n      bounds: [1.0]",
            "`metrics.views.age.bounds`: unknown field `bounds`",
        ),
    ] {
        for error in [toml_error(toml), yaml_error(yaml)] {
            assert!(error.contains(expected), "{error}");
        }
    }
}

#[test]
fn wrong_type_names_the_path() {
    for (text, expected) in [
        (
            "[management]\nport = 'http'",
            "`management.port`: invalid type: string \"http\"",
        ),
        (
            "[management]\nport = 70000",
            "`management.port`: invalid value: integer `70000`",
        ),
        (
            "[metrics.views.age]\nbuckets = ['a']",
            "`metrics.views.age.buckets[0]`: invalid type",
        ),
        (
            "flush_deadline = '5'",
            "`flush_deadline`: `5` is not a time such as `500ms`",
        ),
        (
            "flush_deadline = 5",
            "`flush_deadline`: invalid type: integer `5`",
        ),
    ] {
        let error = toml_error(text);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn path_is_named_inside_of_other_settings() {
    let error = toml::from_str::<Settings>("[gusset.traces]\nsampler = 'some'").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`traces.sampler`: unknown variant `some`"),
        "{error}"
    );
    let yaml = "gusset:\n  traces:\n    sampler: some";
    let error = yaml_serde::from_str::<Settings>(yaml).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`traces.sampler`: unknown variant `some`"),
        "{error}"
    );
}

#[test]
fn secret_of_a_wrong_type_is_not_shown() {
    for text in [
        "[otlp.headers]\nauthorization = 12345",
        "[otlp]\nheaders = '12345'",
        "[health]\ndetails_token = 12345",
    ] {
        let error = toml::from_str::<Config>(text).unwrap_err();
        assert!(!error.message().contains("12345"), "{error}");
        assert!(error.message().contains("not shown"), "{error}");
    }
}

#[test]
fn invalid_setting_is_an_error_of_build() {
    for (text, expected) in [
        (
            "[metrics.views.age]\nbuckets = [2.0, 1.0]",
            "`metrics.views.age.buckets`: not ascending: 2 is followed by 1",
        ),
        (
            "[metrics.views.age.exponential_histogram]\nmax_buckets = 1",
            "`metrics.views.age.exponential_histogram.max_buckets`: 1 is not from 2 to 10000",
        ),
        (
            "[metrics.views.age]\nremove_labels = ['a b']",
            "`metrics.views.age.remove_labels`: `a b` is not the name of a label",
        ),
        (
            "[metrics]\ncardinality_limit = 0",
            "`metrics.cardinality_limit`: must be at least 1",
        ),
        (
            "[traces]\nsampler_ratio = 2.0",
            "`traces.sampler_ratio`: 2 is not from 0 to 1",
        ),
        (
            "[http]\ntrusted_proxies = ['x']",
            "`http.trusted_proxies`: ",
        ),
        (
            "[health]\ntermination_grace = '1s'",
            "`health.termination_grace`: ",
        ),
        (
            "[health]\ndetails_token = 'short'",
            "`health.details_token`: ",
        ),
        (
            "[management]\ncontrols_token = 'short'",
            "`management.controls_token`: ",
        ),
        ("[logs]\nfilter = 'shop=loud'", "`logs.filter`: "),
        (
            "[management]\nmax_connections = 0",
            "`management.max_connections`: must not be 0",
        ),
    ] {
        let error = build_error(text);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn error_about_a_variable_names_the_path_that_set_it() {
    let error = build_error("[otlp]\nendpoint = 'collector:4318'");
    assert!(error.starts_with("`otlp.endpoint`: "), "{error}");
    let file = "[otlp]\nendpoint = 'http://127.0.0.1:9'";
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")];
    let error = build(file, &variables).unwrap_err().to_string();
    assert!(
        error.starts_with("`OTEL_EXPORTER_OTLP_ENDPOINT`: "),
        "{error}"
    );
}

#[test]
fn same_settings_are_read_from_toml_and_yaml() {
    let yaml = "
        service_name: shop
        logs: { format: ecs, filter: info }
        metrics: { views: { age: { buckets: [1, 2.5] } } }
        health: { drain_delay: 2s }
        breakers: { payments: { base: internal } }
    ";
    let text = "
        service_name = 'shop'
        logs = { format = 'ecs', filter = 'info' }
        metrics.views.age.buckets = [1, 2.5]
        health.drain_delay = '2s'
        breakers.payments.base = 'internal'
    ";
    assert_eq!(yaml_serde::from_str::<Config>(yaml).unwrap(), toml(text));
    assert_eq!(
        serde_json::from_str::<Config>("{}").unwrap(),
        Config::default()
    );
}
