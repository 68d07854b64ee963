//! The settings of a file as environment variables that the environment overrides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use gusset_core::{ConfigError, Env};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Config;
use super::schema::{Kind, Setting, settings};

/// The variables that override code, so the settings of the file are not set as variables.
pub(super) const OVERRIDE_CODE: [&str; 3] =
    ["RUST_LOG", "GUSSET_LOGS_FILTER", "GUSSET_LOGS_FORMAT"];
/// The sections whose builders name a setting without its section.
const SECTIONS_OF_BUILDERS: [&str; 4] = ["health", "management", "logs", "system"];
const SIGNAL_PREFIXES: [&str; 3] = [
    "OTEL_EXPORTER_OTLP_TRACES_",
    "OTEL_EXPORTER_OTLP_METRICS_",
    "OTEL_EXPORTER_OTLP_LOGS_",
];

/// What a file sets, by the variables that have the same meaning.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    by_name: BTreeMap<String, FromFile>,
    /// The paths of all settings of the file.
    paths: BTreeSet<String>,
}

#[derive(Debug)]
struct FromFile {
    /// The path in the file.
    path: String,
    text: String,
}

// === impl Variables ===

impl Variables {
    pub(super) fn new(config: &Config) -> Self {
        let value = serde_json::to_value(config).expect("all keys are texts");
        let mut variables = Self::default();
        variables.add(settings(), &value, "");
        variables
    }

    /// Returns a variable of the environment, or else what the file sets.
    pub(crate) fn lookup(&self, name: &str, env: &Env<'_>) -> Result<Option<String>, ConfigError> {
        let variable = env.var(name)?;
        if variable.is_some() {
            return Ok(variable);
        }
        let from_file = self.by_name.get(name).filter(|_| !is_overridden(name, env));
        Ok(from_file.map(|from_file| from_file.text.clone()))
    }

    /// Returns an error about a variable, or a setting of a builder, as one about the path in the file, if the
    /// file has set it. `code` are the sections that code configures too: it may be the cause.
    pub(crate) fn name_path(
        &self,
        error: ConfigError,
        env: &Env<'_>,
        code: &BTreeSet<&'static str>,
    ) -> ConfigError {
        let name = error.setting();
        if let Some(from_file) = self.by_name.get(name) {
            return match env.var(name) {
                Ok(None) => ConfigError::new(&from_file.path, error.reason()),
                _ => error,
            };
        }
        let sections = SECTIONS_OF_BUILDERS.iter();
        let mut paths = sections
            .filter(|section| !code.contains(*section))
            .map(|section| join(section, name));
        match paths.find(|path| self.paths.contains(path)) {
            Some(path) => ConfigError::new(path, error.reason()),
            None => error,
        }
    }

    fn add(&mut self, settings: &[Setting], value: &Value, path: &str) {
        for setting in settings {
            let Some(value) = value.get(&setting.name) else {
                continue;
            };
            let path = join(path, &setting.name);
            if let Kind::Section(settings) = &setting.kind {
                self.add(settings, value, &path);
                continue;
            }
            self.paths.insert(path.clone());
            if let Some(variable) = &setting.variable {
                if !OVERRIDE_CODE.contains(&&**variable) {
                    let text = text(value, &setting.kind);
                    self.by_name
                        .insert(variable.clone(), FromFile { path, text });
                }
            }
        }
    }
}

/// Returns whether the environment overrides a setting of the file by another variable: one for all signals,
/// or an attribute.
pub(super) fn is_overridden(name: &str, env: &Env<'_>) -> bool {
    let is_set = |name: &str| env.var(name).is_ok_and(|text| text.is_some());
    let suffix = SIGNAL_PREFIXES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix));
    if suffix.is_some_and(|suffix| is_set(&format!("OTEL_EXPORTER_OTLP_{suffix}"))) {
        return true;
    }
    // It has precedence over the attribute.
    name == "OTEL_SERVICE_NAME"
        && env.var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|attributes| {
            let attributes = attributes.unwrap_or_default();
            let mut keys = attributes
                .split(',')
                .filter_map(|pair| pair.split_once('='));
            keys.any(|(key, _)| key.trim() == "service.name")
        })
}

pub(super) fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// Returns a value as the text of a variable, in the forms that OpenTelemetry specifies.
fn text(value: &Value, kind: &Kind) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    match value {
        Value::String(text) => match kind {
            Kind::Value {
                is_duration: true, ..
            } => {
                let duration = humantime::parse_duration(text).unwrap_or_default();
                duration.as_millis().to_string()
            }
            _ => text.clone(),
        },
        Value::Array(values) => {
            let texts: Vec<_> = values.iter().map(|value| text(value, kind)).collect();
            texts.join(",")
        }
        Value::Object(pairs) => {
            let mut list = String::new();
            for (key, value) in pairs {
                let separator = if list.is_empty() { "" } else { "," };
                let value = value.as_str().unwrap_or_default();
                let _ = write!(list, "{separator}{}={}", encode_key(key), encode(value));
            }
            list
        }
        value => value.to_string(),
    }
}

/// Returns a key of a pair. Dots and dashes stay, so that it can be compared.
fn encode_key(key: &str) -> String {
    const KEY: percent_encoding::AsciiSet = NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');
    utf8_percent_encode(key, &KEY).to_string()
}

/// Returns the text of a variable as a value of the file, or `None` if it is not one.
pub(super) fn parse(text: &str, kind: &Kind) -> Option<Value> {
    let Kind::Value {
        json_type,
        is_duration,
    } = kind
    else {
        return None;
    };
    Some(match &**json_type {
        "boolean" => Value::Bool(text.eq_ignore_ascii_case("true")),
        "integer" => Value::from(text.parse::<u64>().ok()?),
        "number" => Value::from(text.parse::<f64>().ok()?),
        "array" => text.split(',').map(|item| item.trim().to_owned()).collect(),
        "object" => {
            let decode = |text: &str| {
                let decoded = percent_encoding::percent_decode_str(text.trim()).decode_utf8();
                decoded.ok().map(std::borrow::Cow::into_owned)
            };
            let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
            let pairs = pairs.map(|pair| {
                let (key, value) = pair.split_once('=')?;
                Some((decode(key)?, Value::from(decode(value)?)))
            });
            Value::Object(pairs.collect::<Option<_>>()?)
        }
        _ if *is_duration => Value::from(format!("{}ms", text.parse::<u64>().ok()?)),
        _ => Value::from(text),
    })
}
