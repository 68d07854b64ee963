//! The settings print themselves, and have a schema.

use boon::{Compiler, Schemas};
use gusset::Config;
use proptest::prelude::*;
use serde_json::Value;

use crate::{EVERY_KIND, build, env, toml};

/// Returns the errors of a value against the schema.
fn schema_error(value: &Value) -> Option<String> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let url = "https://example.com/gusset.json";
    compiler.add_resource(url, Config::json_schema()).unwrap();
    let schema = compiler.compile(url, &mut schemas).unwrap();
    schemas
        .validate(value, schema)
        .err()
        .map(|error| error.to_string())
}

fn read_toml(text: &str) -> Config {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

fn read_yaml(text: &str) -> Config {
    yaml_serde::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

#[test]
fn printed_settings_are_read_again() {
    for text in ["", EVERY_KIND] {
        let config = toml(text);
        let effective = config.effective_with(|_| None);
        assert_eq!(effective.config(), &config);
        assert_eq!(read_toml(&effective.to_toml()), config);
        assert_eq!(read_yaml(&effective.to_yaml()), config);
    }
}

#[test]
fn printed_files_match_the_schema() {
    let effective = toml(EVERY_KIND).effective_with(|_| None);
    let of_toml: Value = toml::from_str(&effective.to_toml()).unwrap();
    let of_yaml: Value = yaml_serde::from_str(&effective.to_yaml()).unwrap();
    assert_eq!(of_toml, of_yaml);
    assert_eq!(schema_error(&of_toml), None);
}

#[test]
fn schema_rejects_unknown_keys_and_values() {
    for text in [
        "colour = 1",
        "[logs]\nformat = 'xml'",
        "[logs]\nformatt = 'json'",
        "[traces]\nsampler_ratio = 2.0",
        "[breakers.a]\nbas = 'b'",
        "flush_deadline = 'soon'",
    ] {
        let value: Value = toml::from_str(text).unwrap();
        assert!(schema_error(&value).is_some(), "{text}");
    }
}

#[test]
fn each_setting_has_meaning_default_and_source() {
    let text = toml("").effective_with(|_| None).to_toml();
    let lines: Vec<_> = text.lines().collect();
    let settings = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.ends_with(" = …"));
    assert!(settings.clone().count() > 80);
    for (at, setting) in settings {
        assert!(lines[at - 1].starts_with("# Source: default"), "{setting}");
        let comments = lines[..at - 1]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("# "));
        let comments: Vec<_> = comments.copied().collect();
        let is_default = |line: &&str| line.contains("Defaults to") || line.contains("default");
        assert!(comments.iter().any(is_default), "{setting}: {comments:?}");
    }
}

#[test]
fn source_of_each_setting_is_printed() {
    let effective = toml("service_name = 'shop'").effective_with(env(&[
        ("OTEL_BSP_SCHEDULE_DELAY", "250"),
        ("OTEL_PROPAGATORS", "b3, baggage"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=b%20c"),
    ]));
    let text = effective.to_toml();
    for expected in [
        "# Source: file\nservice_name = \"shop\"\n",
        "# Source: environment, OTEL_BSP_SCHEDULE_DELAY\nschedule_delay = \"250ms\"\n",
        "# Source: environment, OTEL_PROPAGATORS\npropagators = [\"b3\", \"baggage\"]\n",
        "# Source: environment, OTEL_RESOURCE_ATTRIBUTES\nresource = {\"a\" = \"b c\"}\n",
        "# Source: default. Variable: GUSSET_LOGS_FORMAT\n# format = …\n",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert_eq!(&read_toml(&text), effective.config());
}

#[test]
fn secrets_are_neither_printed_nor_debugged() {
    let file = "
        [otlp.headers]
        authorization = 'Bearer hunter2'
        [health]
        details_token = 'hunter2-hunter2-hunter2'
    ";
    let effective = toml(file).effective_with(env(&[("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2")]));
    let texts = [
        effective.to_toml(),
        effective.to_yaml(),
        format!("{effective:?}"),
    ];
    for text in texts {
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(effective.to_yaml().contains("not shown"));
    read_toml(&effective.to_toml());
    read_yaml(&effective.to_yaml());
}

#[test]
fn ends_of_lines_in_texts_are_read_again() {
    let mut config = Config::default();
    let text = "a\u{85}b\u{2028}c\u{2029}d\u{7f}e\u{9f}f\u{feff}g\u{ffff}h\n\r\ti\u{1}: - # \"";
    config.service_name = Some(text.to_owned());
    config.resource.insert(text.to_owned(), text.to_owned());
    config.metrics.views.entry(text.to_owned()).or_default();
    let effective = config.effective_with(|_| None);
    assert_eq!(read_toml(&effective.to_toml()), config);
    assert_eq!(read_yaml(&effective.to_yaml()), config);
}

proptest! {
    #[test]
    fn any_text_is_read_again(
        name in any::<String>(),
        key in any::<String>(),
        number in any::<f64>().prop_filter("finite", |it| it.is_finite()),
        millis in any::<u32>(),
    ) {
        let mut config = Config::default();
        config.service_name = Some(name.clone());
        config.resource.insert(key.clone(), name.clone());
        config.metrics.views.entry(key.clone()).or_default().buckets = Some(vec![number]);
        config.breakers.entry(key).or_default().base = Some(name);
        config.flush_deadline = Some(std::time::Duration::from_millis(millis.into()));
        let effective = config.effective_with(|_| None);
        prop_assert_eq!(&read_toml(&effective.to_toml()), &config);
        prop_assert_eq!(&read_yaml(&effective.to_yaml()), &config);
    }
}

#[test]
fn state_has_sources_and_no_secrets() {
    use gusset::data::ShowState as _;

    let file = "[management]\ncontrols_token = '0123456789abcdef'\n[logs]\nformat = 'json'";
    let gusset = build(file, &[("OTEL_TRACES_SAMPLER", "always_on")]).unwrap();
    let state = gusset.config().show_state().to_string();
    for setting in [
        "setting: logs.format\n    value: json\n    source: file\n",
        "setting: traces.sampler\n    value: always_on\n    source: environment, OTEL_TRACES_SAMPLER\n",
        "setting: management.controls_token\n    value: secret\n    source: file\n",
    ] {
        assert!(state.contains(setting), "{setting} is not in {state}");
    }
    assert!(!state.contains("0123456789abcdef"), "{state}");
}
