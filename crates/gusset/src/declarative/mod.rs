//! OpenTelemetry's declarative configuration: the file that `OTEL_CONFIG_FILE` names.
//!
//! The file is translated into the variables that have the same meaning, so that both have the same effects,
//! and into views. <https://opentelemetry.io/docs/specs/otel/configuration/>

mod exporters;
mod meter;
mod node;
mod providers;
mod resource;
mod substitute;

use std::collections::BTreeMap;
use std::fmt::Display;

use gusset_core::{ConfigError, Env};
use gusset_metrics::{Registry, RegistryBuilder};
use yaml_serde::Value;

use self::node::Node;

/// The variables that name the file. The second one is the former name.
const VARIABLES: [&str; 2] = ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"];
/// The variables of OpenTelemetry that the schema has no keys for. They apply beside the file.
const BESIDE_FILE: [&str; 2] = ["OTEL_INSTRUMENTATION_", "OTEL_SEMCONV_"];

/// What the file sets.
#[derive(Debug)]
pub(crate) struct Declared {
    variables: BTreeMap<String, Setting>,
    pub(crate) registry: RegistryBuilder,
    /// The paths of what is not supported.
    unsupported: Vec<String>,
}

#[derive(Debug)]
struct Setting {
    path: String,
    text: String,
}

// === impl Declared ===

impl Declared {
    /// Reads the file that the environment names, or returns `None` if it names none.
    ///
    /// # Errors
    /// If the file cannot be read, or a key or value is not one of the schema. The error names the path.
    pub(crate) fn load(env: Env<'_>) -> Result<Option<Self>, ConfigError> {
        let Some((variable, file)) = env.first(VARIABLES)? else {
            return Ok(None);
        };
        let error =
            |reason: &dyn Display| ConfigError::new(variable, format!("`{file}`: {reason}"));
        let text = std::fs::read_to_string(&file).map_err(|reason| error(&reason))?;
        let mut value: Value = yaml_serde::from_str(&text).map_err(|reason| error(&reason))?;
        value.apply_merge().map_err(|reason| error(&reason))?;
        let mut declared = Self {
            variables: BTreeMap::new(),
            registry: Registry::builder(),
            unsupported: Vec::new(),
        };
        declared.read(&Node::root(&value, env))?;
        Ok(Some(declared))
    }

    /// Returns a variable. Those of OpenTelemetry come from the file alone, as the specification demands.
    pub(crate) fn lookup(&self, name: &str, env: &Env<'_>) -> Result<Option<String>, ConfigError> {
        if let Some(setting) = self.variables.get(name) {
            return Ok(Some(setting.text.clone()));
        }
        let is_hidden =
            name.starts_with("OTEL_") && !BESIDE_FILE.iter().any(|prefix| name.starts_with(prefix));
        match is_hidden {
            true => Ok(None),
            false => env.var(name),
        }
    }

    /// Returns the path that has set a variable.
    pub(crate) fn path(&self, variable: &str) -> Option<&str> {
        self.variables.get(variable).map(|setting| &*setting.path)
    }

    /// Returns an error about a variable as one about the path in the file.
    pub(crate) fn name_path(&self, error: ConfigError) -> ConfigError {
        match self.path(error.setting()) {
            Some(path) => ConfigError::new(path, error.reason()),
            None => error,
        }
    }

    /// Returns the text of a warning about everything that is not supported, or `None`.
    pub(crate) fn warning(&self) -> Option<String> {
        (!self.unsupported.is_empty()).then(|| {
            let paths = self.unsupported.join(", ");
            format!("OTEL_CONFIG_FILE: ignoring what is not supported: {paths}")
        })
    }

    fn read(&mut self, root: &Node<'_>) -> Result<(), ConfigError> {
        // Without its provider, a signal is not exported; without a propagator, nothing is sent.
        for (variable, path) in [
            ("OTEL_TRACES_EXPORTER", "tracer_provider"),
            ("OTEL_METRICS_EXPORTER", "meter_provider"),
            ("OTEL_LOGS_EXPORTER", "logger_provider"),
            ("OTEL_PROPAGATORS", "propagator"),
        ] {
            self.set_path(variable, path, "none");
        }
        let mut has_format = false;
        for (key, node) in root.entries()? {
            match &*key {
                "file_format" => {
                    check_format(&node)?;
                    has_format = true;
                }
                "disabled" => self.set(&node, "OTEL_SDK_DISABLED", node.boolean()?),
                "log_level" => {
                    let level = node.text()?;
                    self.set(&node, "OTEL_LOG_LEVEL", level.as_deref().map(log_level));
                }
                "attribute_limits" => {
                    self.limits(&node, "OTEL_ATTRIBUTE")?;
                }
                "resource" => self.resource(&node)?,
                "propagator" => self.propagator(&node)?,
                "tracer_provider" => self.tracer_provider(&node)?,
                "meter_provider" => self.meter_provider(&node)?,
                "logger_provider" => self.logger_provider(&node)?,
                // The schema allows more keys here.
                _ => self.unsupported(&node),
            }
        }
        match has_format {
            true => Ok(()),
            false => Err(ConfigError::new("file_format", "missing; it is `\"1.0\"`")),
        }
    }

    /// Sets a variable, if there is a value.
    fn set(&mut self, node: &Node<'_>, variable: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.set_path(variable, &node.path, &value.to_string());
        }
    }

    fn set_path(&mut self, variable: &str, path: &str, text: &str) {
        let (path, text) = (path.to_owned(), text.to_owned());
        self.variables
            .insert(variable.to_owned(), Setting { path, text });
    }

    /// Notes that a part of the file has no effect. Null parts have none anyway.
    fn unsupported(&mut self, node: &Node<'_>) {
        if !node.is_null() {
            self.unsupported.push(node.path.clone());
        }
    }

    /// Notes an experimental key, or returns an error if the schema cannot have it.
    fn other(&mut self, key: &str, node: &Node<'_>) -> Result<(), ConfigError> {
        match key.ends_with("/development") {
            true => {
                self.unsupported(node);
                Ok(())
            }
            false => Err(node.unknown_key()),
        }
    }
}

/// Checks the version of the schema. Later minor versions may have keys that are unknown here.
fn check_format(node: &Node<'_>) -> Result<(), ConfigError> {
    let format = node.any_text()?.unwrap_or_default();
    match format.split_once('.') {
        Some(("1", _)) => Ok(()),
        _ => Err(node.error(format_args!("`{format}` is not supported, only `1.0` is"))),
    }
}

/// Returns a level of the schema as one of `OTEL_LOG_LEVEL`: `warn2` is `warn`.
fn log_level(level: &str) -> &str {
    level.trim_end_matches(|c: char| c.is_ascii_digit())
}
