//! The directives of a filter, as text.

use std::fmt::Write as _;
use std::str::FromStr as _;

use gusset_core::{ConfigError, Env};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// Why a directive for names or fields of spans is not used.
const FOR_SPANS: &str = "directives for names and fields of spans are not supported";

/// Why a directive cannot be read.
const NOT_READABLE: &str = "not a target and a level, as in `shop=debug`";

/// Parses a filter that is set in code; an error names `setting`.
pub(crate) fn parse(setting: &str, filter: &str) -> Result<Targets, ConfigError> {
    // `Targets` would take a span for a part of the target, which no event has.
    if let Some(directive) = split(filter).find(|directive| is_for_spans(directive)) {
        let reason =
            format!("{FOR_SPANS}: `{directive}`; use a target and a level, as in `shop=debug`");
        return Err(ConfigError::new(setting, reason));
    }
    Targets::from_str(filter).map_err(|error| ConfigError::new(setting, error))
}

/// Returns the filter that a variable sets, or `None` if it is unset or has no directive that can be read.
///
/// A service must start whatever the variable is, so directives that cannot be read are ignored, as
/// `EnvFilter` of `tracing-subscriber` ignores them. One text about them is added to `warnings`.
pub(crate) fn from_env(
    variable: &str,
    env: Env<'_>,
    warnings: &mut Vec<String>,
) -> Option<Targets> {
    let filter = match env.var(variable) {
        Ok(filter) => filter?,
        Err(error) => {
            warnings.push(format!("ignoring {error}; the default is used"));
            return None;
        }
    };
    let mut targets = None;
    let mut ignored = String::new();
    for directive in split(&filter)
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        match parse_directive(directive) {
            Ok((target, level)) => {
                let others = targets.unwrap_or_else(Targets::new);
                targets = Some(match target {
                    Some(target) => others.with_target(target, level),
                    None => others.with_default(level),
                });
            }
            Err(reason) => {
                let separator = if ignored.is_empty() { "" } else { ", " };
                // Writing to a string does not fail.
                let _ = write!(ignored, "{separator}`{directive}` ({reason})");
            }
        }
    }
    if !ignored.is_empty() {
        warnings.push(match &targets {
            Some(targets) => format!("`{variable}`: ignoring {ignored}; the filter is `{targets}`"),
            None => format!("`{variable}`: ignoring {ignored}; the default is used"),
        });
    }
    targets
}

/// Returns the target, unless the directive is for all of them, and the level.
fn parse_directive(directive: &str) -> Result<(Option<&str>, LevelFilter), &'static str> {
    if is_for_spans(directive) {
        return Err(FOR_SPANS);
    }
    let level = |text| LevelFilter::from_str(text).map_err(|_| NOT_READABLE);
    let (target, level) = match directive.split_once('=') {
        // A target without a level is enabled at all levels.
        Some((target, text)) => match text.trim() {
            "" => (target.trim(), LevelFilter::TRACE),
            text => (target.trim(), level(text)?),
        },
        None => match level(directive) {
            Ok(level) => return Ok((None, level)),
            Err(_) => (directive, LevelFilter::TRACE),
        },
    };
    let starts_well = |c: char| c.is_alphanumeric() || ['-', ':', '_'].contains(&c);
    match target.starts_with(starts_well) && !target.contains(char::is_whitespace) {
        true => Ok((Some(target), level)),
        false => Err(NOT_READABLE),
    }
}

fn is_for_spans(directive: &str) -> bool {
    directive.contains(['[', ']', '{', '}'])
}

/// Splits a filter at its commas, except those between the fields of a span.
fn split(filter: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(filter);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.match_indices(',').map(|(at, _)| at).find(|at| {
            let (before, after) = text.split_at(*at);
            let is_in_fields = before.rfind('{') > before.rfind('}');
            // A brace that is never closed does not extend to the other directives.
            !is_in_fields || !after.contains('}')
        });
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}
