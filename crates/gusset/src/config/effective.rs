//! The settings that apply, and where each comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use gusset_core::Env;
use serde_json::{Map, Value};

use super::Config;
use super::print::{Format, Printed, print};
use super::schema::{Kind, Setting, settings};
use super::variables::{is_overridden, join, parse};

/// The settings that apply, each with its source. Returned by [`Config::effective`] and
/// [`Gusset::config`](crate::Gusset::config).
///
/// It prints itself as a file with comments, which can be read again. Secrets are left out.
///
/// ```
/// let config: gusset::Config = toml::from_str("service_name = 'shop'")?;
/// let effective = config.effective_with(|name| {
///     (name == "OTEL_TRACES_SAMPLER").then(|| "always_on".to_owned())
/// });
/// let text = effective.to_toml();
/// assert!(text.contains("# Source: file\nservice_name = \"shop\""));
/// assert!(text.contains("# Source: environment, OTEL_TRACES_SAMPLER\nsampler = \"always_on\""));
/// assert_eq!(&toml::from_str::<gusset::Config>(&text)?, effective.config());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct EffectiveConfig {
    config: Config,
    value: Value,
    sources: BTreeMap<String, Source>,
    /// The sections that code configures too.
    code: BTreeSet<&'static str>,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Code.
    Code,
    /// An environment variable.
    Environment(String),
    /// The file that `OTEL_CONFIG_FILE` names, at this path.
    ConfigFile(String),
    /// The file.
    File,
    /// It is not set.
    Default,
}

impl Config {
    /// Returns the settings that apply with the environment of the process.
    pub fn effective(&self) -> EffectiveConfig {
        EffectiveConfig::new(self, Env::process())
    }

    /// Returns the settings that apply with the environment variables that `env` returns.
    pub fn effective_with(&self, env: impl Fn(&str) -> Option<String>) -> EffectiveConfig {
        EffectiveConfig::new(self, Env::from_fn(&env))
    }
}

// === impl EffectiveConfig ===

impl EffectiveConfig {
    pub(crate) fn new(file: &Config, env: Env<'_>) -> Self {
        let mut value = serde_json::to_value(file).expect("all keys are texts");
        let mut sources = BTreeMap::new();
        overlay(settings(), &mut value, "", &env, &mut sources);
        let config = serde_json::from_value(value.clone()).expect("each variable was tried");
        Self {
            config,
            value,
            sources,
            code: BTreeSet::new(),
        }
    }

    /// Replaces the variables that the file of `OTEL_CONFIG_FILE` sets by its paths.
    #[cfg(feature = "config-file")]
    pub(crate) fn name_paths<'a>(&mut self, path: impl Fn(&str) -> Option<&'a str>) {
        for source in self.sources.values_mut() {
            if let Source::Environment(variable) = source {
                if let Some(path) = path(variable) {
                    *source = Source::ConfigFile(path.to_owned());
                }
            }
        }
    }

    /// Sets what code has set.
    pub(crate) fn set_by_code(&mut self, path: &str, value: Value) {
        let mut names = path.split('.').peekable();
        let mut at = &mut self.value;
        while let Some(name) = names.next() {
            let object = at.as_object_mut().expect("a path of the schema");
            at = object.entry(name).or_insert_with(|| match names.peek() {
                Some(_) => Value::Object(Map::new()),
                None => Value::Null,
            });
        }
        *at = value;
        self.sources.insert(path.to_owned(), Source::Code);
        self.config = serde_json::from_value(self.value.clone()).expect("a value of the type");
    }

    /// Adds what code configures. Its settings are not known here.
    pub(crate) fn with_code(mut self, code: BTreeSet<&'static str>) -> Self {
        self.code = code;
        self
    }

    /// Returns the settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the source of a setting, given its path: `logs.format`.
    pub fn source(&self, path: &str) -> &Source {
        self.sources.get(path).unwrap_or(&Source::Default)
    }

    /// Returns the settings that are not defaults: path, value, source.
    pub(super) fn set(&self) -> impl Iterator<Item = (&str, &Value, &Source)> {
        self.sources.iter().filter_map(|(path, source)| {
            let names = path.split('.');
            let value = names
                .into_iter()
                .try_fold(&self.value, |at, name| at.get(name))?;
            Some((&**path, value, source))
        })
    }

    /// Returns the sections that code configures too.
    pub(super) fn code(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.code.iter().copied()
    }

    /// Prints the settings as TOML, each with its meaning, its default and its source.
    pub fn to_toml(&self) -> String {
        self.print(Format::Toml)
    }

    /// Prints the settings as YAML, each with its meaning, its default and its source.
    pub fn to_yaml(&self) -> String {
        self.print(Format::Yaml)
    }

    fn print(&self, format: Format) -> String {
        let printed = Printed {
            value: &self.value,
            source: &|path| self.source(path).to_string(),
            code: &self.code,
        };
        print(&printed, format)
    }
}

/// Sets what the environment overrides. Invalid variables are left out: they are ignored with a warning.
fn overlay(
    settings: &[Setting],
    value: &mut Value,
    path: &str,
    env: &Env<'_>,
    sources: &mut BTreeMap<String, Source>,
) {
    let Value::Object(object) = value else {
        return;
    };
    for setting in settings {
        let path = join(path, &setting.name);
        match &setting.kind {
            Kind::Section(settings) => {
                let section = object
                    .entry(setting.name.clone())
                    .or_insert_with(|| Value::Object(Map::new()));
                overlay(settings, section, &path, env, sources);
            }
            Kind::Sections(settings) => {
                let named = object.get(&setting.name).and_then(Value::as_object);
                for (name, section) in named.into_iter().flatten() {
                    for setting in settings.iter().filter(|it| section.get(&it.name).is_some()) {
                        let path = join(&join(&path, name), &setting.name);
                        sources.insert(path, Source::File);
                    }
                }
            }
            Kind::Value { .. } => {
                let variable = setting.variable.as_deref();
                let from_env = variable.and_then(|name| Some((name, env.var(name).ok()??)));
                let valid = from_env.and_then(|(name, text)| {
                    let value = parse(&text, &setting.kind)?;
                    is_valid(&path, &value).then_some((name, value))
                });
                if let Some((name, value)) = valid {
                    object.insert(setting.name.clone(), value);
                    sources.insert(path, Source::Environment(name.to_owned()));
                } else if variable.is_some_and(|name| is_overridden(name, env)) {
                    object.remove(&setting.name);
                } else if object.contains_key(&setting.name) {
                    sources.insert(path, Source::File);
                }
            }
        }
    }
}

/// Returns whether a value is one of the setting at this path.
fn is_valid(path: &str, value: &Value) -> bool {
    let nested = path.rsplit('.').fold(value.clone(), |inner, name| {
        Value::Object(Map::from_iter([(name.to_owned(), inner)]))
    });
    serde_json::from_value::<Config>(nested).is_ok()
}

impl Default for EffectiveConfig {
    fn default() -> Self {
        Self::new(&Config::default(), Env::from_fn(&|_| None))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => f.write_str("code"),
            Self::Environment(name) => write!(f, "environment, {name}"),
            Self::ConfigFile(path) => write!(f, "OTEL_CONFIG_FILE, {path}"),
            Self::File => f.write_str("file"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl fmt::Debug for EffectiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EffectiveConfig")
            .field("config", &self.config)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}
