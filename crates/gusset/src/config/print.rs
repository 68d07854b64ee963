//! Prints the settings with comments.
//!
//! Values are written as JSON, whose texts, numbers and lists are valid in TOML and in YAML. Tables differ.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::schema::{Kind, Setting, settings};
use super::variables::join;

/// A format of files.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Format {
    Toml,
    Yaml,
}

/// The name in examples of sections that may have any.
const ANY_NAME: &str = "NAME";

/// What is printed.
pub(super) struct Printed<'a> {
    pub(super) value: &'a Value,
    /// Returns the source of the setting with a path.
    pub(super) source: &'a dyn Fn(&str) -> String,
    /// The sections that code configures too.
    pub(super) code: &'a BTreeSet<&'static str>,
}

pub(super) fn print(printed: &Printed<'_>, format: Format) -> String {
    let mut printer = Printer {
        printed,
        format,
        text: String::new(),
    };
    printer.settings(settings(), printed.value, &[]);
    printer.text
}

struct Printer<'a> {
    printed: &'a Printed<'a>,
    format: Format,
    text: String,
}

// === impl Printer ===

impl Printer<'_> {
    /// Prints the values and then the sections, because in TOML a value belongs to the section above it.
    fn settings(&mut self, settings: &[Setting], value: &Value, path: &[&str]) {
        let is_value = |setting: &&Setting| matches!(setting.kind, Kind::Value { .. });
        for setting in settings.iter().filter(is_value) {
            self.value(setting, value.get(&setting.name), path);
        }
        for setting in settings {
            let path: Vec<&str> = path.iter().copied().chain([&*setting.name]).collect();
            let section = value.get(&setting.name).unwrap_or(&Value::Null);
            match &setting.kind {
                Kind::Value { .. } => {}
                Kind::Section(settings) => {
                    self.section(settings, section, &path, &setting.description);
                }
                Kind::Sections(settings) => {
                    self.sections(settings, section, &path, &setting.description);
                }
            }
        }
    }

    fn value(&mut self, setting: &Setting, value: Option<&Value>, path: &[&str]) {
        self.text.push('\n');
        self.comment(&setting.description, path.len());
        let full_path = path
            .iter()
            .fold(String::new(), |path, name| join(&path, name));
        let source = (self.printed.source)(&join(&full_path, &setting.name));
        let mut about = format!("Source: {source}");
        if let (Some(variable), None) = (&setting.variable, value) {
            let _ = write!(about, ". Variable: {variable}");
        }
        self.comment(&about, path.len());
        match value {
            Some(_) if setting.is_secret => {
                self.comment(
                    "It is set, and not shown because it may be secret.",
                    path.len(),
                );
            }
            Some(value) => {
                let value = self.inline(value);
                let name = self.key(&setting.name);
                let equals = self.equals();
                self.line(&format!("{name}{equals}{value}"), path.len());
            }
            None => {
                let line = format!("# {}{}…", self.key(&setting.name), self.equals());
                self.line(&line, path.len());
            }
        }
    }

    fn section(&mut self, settings: &[Setting], value: &Value, path: &[&str], description: &str) {
        self.text.push('\n');
        self.comment(description, path.len() - 1);
        if path.len() == 1 && self.printed.code.contains(path[0]) {
            self.comment("Code configures this section too, and overrides it.", 0);
        }
        // An empty section would be null in YAML.
        self.header(path, is_printed(settings, value));
        self.settings(settings, value, path);
    }

    fn sections(&mut self, settings: &[Setting], value: &Value, path: &[&str], description: &str) {
        self.text.push('\n');
        self.comment(description, path.len() - 1);
        let named = value.as_object().filter(|named| !named.is_empty());
        if self.format == Format::Yaml {
            self.header(path, named.is_some());
        }
        let Some(named) = named else {
            let path: Vec<_> = path.iter().copied().chain([ANY_NAME]).collect();
            self.header(&path, false);
            self.settings(settings, &Value::Null, &path);
            return;
        };
        for (name, value) in named {
            let path: Vec<_> = path.iter().copied().chain([&**name]).collect();
            self.text.push('\n');
            match self.format {
                Format::Yaml if !is_printed(settings, value) => {
                    let line = format!("{}: {{}}", self.key(name));
                    self.line(&line, path.len() - 1);
                }
                _ => self.header(&path, true),
            }
            self.settings(settings, value, &path);
        }
    }

    /// Prints the line that begins a section, as a comment if it is not used.
    fn header(&mut self, path: &[&str], is_used: bool) {
        let mark = if is_used { "" } else { "# " };
        match self.format {
            Format::Toml => {
                let keys: Vec<_> = path.iter().map(|name| self.key(name)).collect();
                self.line(&format!("{mark}[{}]", keys.join(".")), 0);
            }
            Format::Yaml => {
                let name = path.last().copied().unwrap_or_default();
                let line = format!("{mark}{}:", self.key(name));
                self.line(&line, path.len() - 1);
            }
        }
    }

    fn comment(&mut self, text: &str, depth: usize) {
        for line in text.lines() {
            self.line(&format!("# {line}"), depth);
        }
    }

    fn line(&mut self, line: &str, depth: usize) {
        if self.format == Format::Yaml {
            self.text.push_str(&"  ".repeat(depth));
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn inline(&self, value: &Value) -> String {
        match value {
            Value::Array(values) => {
                let values: Vec<_> = values.iter().map(|value| self.inline(value)).collect();
                format!("[{}]", values.join(", "))
            }
            Value::Object(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| {
                    format!("{}{}{}", quoted(key), self.equals(), self.inline(value))
                });
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
            }
            Value::String(text) => quoted(text),
            value => value.to_string(),
        }
    }

    fn key(&self, name: &str) -> String {
        let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_';
        // A name like `on` or `5` would be another type in YAML.
        let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let is_word = ["on", "off", "yes", "no", "true", "false", "null", "y", "n"]
            .iter()
            .any(|word| name.eq_ignore_ascii_case(word));
        match is_plain && !is_word && name.chars().all(is_bare) {
            true => name.to_owned(),
            false => quoted(name),
        }
    }

    fn equals(&self) -> &'static str {
        match self.format {
            Format::Toml => " = ",
            Format::Yaml => ": ",
        }
    }
}

/// Returns whether the section has a line that is not a comment.
fn is_printed(settings: &[Setting], value: &Value) -> bool {
    settings
        .iter()
        .any(|setting| match (&setting.kind, value.get(&setting.name)) {
            (_, None) => false,
            (Kind::Value { .. }, Some(_)) => !setting.is_secret,
            (Kind::Section(settings), Some(value)) => is_printed(settings, value),
            (Kind::Sections(_), Some(value)) => value.as_object().is_some_and(|it| !it.is_empty()),
        })
}

/// Returns a text in the quotes of JSON, and escapes what TOML or YAML do not allow there, or read as the end of
/// a line.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    for c in Value::from(text).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted
}
