//! From OpenTelemetry's spelling to Prometheus's: names, units, label sets, escapes.
//!
//! The rules are those of the specification's "Prometheus and OpenMetrics Compatibility": what a
//! name may not hold becomes `_`, runs of `_` become one, the unit is appended as a word, and
//! attributes whose keys fall together have their values joined with `;`. All three kinds of metric
//! pass through here, so that they agree, and so that one metric under two spellings is one metric.

use std::borrow::Cow;
use std::collections::BTreeMap;

use metrics::{Key, Label, Unit};

/// A set of labels, ready for a page but for the escapes: valid names, each once, sorted.
pub(crate) type Labels = BTreeMap<String, String>;

/// The name of a metric on the page, before unit and `_total`.
pub(crate) fn metric_name(name: &str) -> Cow<'_, str> {
    valid_name(name, |c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// `name` with the word for its unit, unless it ends in it already.
pub(crate) fn with_unit(name: &str, unit: Option<Unit>) -> String {
    let word = match unit {
        None | Some(Unit::Count) => return name.to_owned(),
        Some(Unit::Percent) => "ratio",
        Some(ref unit) => unit.as_str(),
    };
    match name.strip_suffix(word) {
        Some(stem) if stem.is_empty() || stem.ends_with('_') => name.to_owned(),
        _ => format!("{name}_{word}"),
    }
}

/// Translates a set of attributes.
///
/// `taken` is a name the kind of metric writes itself (`le`); an attribute of that name steps aside
/// as `exported_le`, as it would if Prometheus resolved the conflict.
pub(crate) fn labels<'a>(
    attributes: impl Iterator<Item = (&'a str, &'a str)>,
    taken: Option<&str>,
) -> Labels {
    let mut attributes: Vec<_> = attributes.collect();
    // The order in which values of one label are joined must not depend on who wrote them down.
    attributes.sort_by_key(|(key, _)| *key);
    let mut labels = Labels::new();
    for (key, value) in attributes {
        let mut name = valid_name(key, |c| c.is_ascii_alphanumeric() || c == '_');
        if taken == Some(&*name) {
            name = Cow::Owned(format!("exported_{name}"));
        }
        labels
            .entry(name.into_owned())
            .and_modify(|joined| {
                joined.push(';');
                joined.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }
    labels
}

/// Labels as they stand between the braces of a sample: `a="1",b="2"`.
pub(crate) fn label_text(labels: &Labels) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        escape(&mut text, value, true);
        text.push('"');
    }
    text
}

/// Text as it stands in a `# HELP` line.
pub(crate) fn help_text(help: &str) -> String {
    let mut text = String::with_capacity(help.len());
    escape(&mut text, help, false);
    text
}

/// The translated key for `metrics-exporter-prometheus`.
///
/// That exporter escapes label values itself, but takes a backslash before a quote, or before
/// another backslash, for an escape that is there already, and drops it. Each is doubled here, which it
/// writes as one escaped backslash: what was recorded is what a parser reads.
pub(crate) fn exporter_key(key: &Key) -> Key {
    let labels = labels(pairs(key), None);
    let labels: Vec<_> = labels
        .into_iter()
        .map(|(name, value)| Label::new(name, exporter_text(value)))
        .collect();
    Key::from_parts(metric_name(key.name()).into_owned(), labels)
}

/// Text that `metrics-exporter-prometheus` will escape; see [`exporter_key`].
pub(crate) fn exporter_text(text: String) -> String {
    if text.contains('\\') {
        text.replace('\\', r"\\")
    } else {
        text
    }
}

/// The attributes of a key.
pub(crate) fn pairs(key: &Key) -> impl Iterator<Item = (&str, &str)> {
    key.labels().map(|label| (label.key(), label.value()))
}

fn valid_name(name: &str, allowed: impl Fn(char) -> bool) -> Cow<'_, str> {
    let starts_well = name.starts_with(|c: char| !c.is_ascii_digit());
    if starts_well && name.chars().all(&allowed) && !name.contains("__") {
        return Cow::Borrowed(name);
    }
    let mut valid = String::with_capacity(name.len() + 1);
    if !starts_well {
        // Also the name of the nameless: an empty one would make the whole page unreadable.
        valid.push('_');
    }
    for c in name.chars() {
        if allowed(c) && c != '_' {
            valid.push(c);
        } else if !valid.ends_with('_') {
            valid.push('_');
        }
    }
    Cow::Owned(valid)
}

fn escape(into: &mut String, text: &str, quotes: bool) {
    for c in text.chars() {
        match c {
            '\\' => into.push_str(r"\\"),
            '\n' => into.push_str(r"\n"),
            '"' if quotes => into.push_str("\\\""),
            c => into.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(attributes: &[(&str, &str)]) -> String {
        label_text(&labels(attributes.iter().copied(), Some("le")))
    }

    #[test]
    fn names_hold_only_what_prometheus_allows() {
        assert_eq!(metric_name("http.server.duration"), "http_server_duration");
        assert_eq!(metric_name("a..b__c"), "a_b_c");
        assert_eq!(metric_name("5xx"), "_5xx");
        assert_eq!(metric_name(""), "_");
        assert_eq!(metric_name("größe:x"), "gr_e:x");
        assert!(matches!(metric_name("already_fine"), Cow::Borrowed(_)));
    }

    #[test]
    fn units_are_appended_once_and_count_is_no_word() {
        assert_eq!(with_unit("wait", Some(Unit::Seconds)), "wait_seconds");
        assert_eq!(
            with_unit("wait_seconds", Some(Unit::Seconds)),
            "wait_seconds"
        );
        assert_eq!(
            with_unit("milliseconds", Some(Unit::Seconds)),
            "milliseconds_seconds"
        );
        assert_eq!(with_unit("calls", Some(Unit::Count)), "calls");
        assert_eq!(with_unit("use", Some(Unit::Percent)), "use_ratio");
        assert_eq!(with_unit("calls", None), "calls");
    }

    #[test]
    fn labels_that_fall_together_are_joined_in_the_order_of_their_keys() {
        assert_eq!(text(&[("a_b", "2"), ("a.b", "1")]), r#"a_b="1;2""#);
        assert_eq!(text(&[("a.b", "1"), ("a_b", "2")]), r#"a_b="1;2""#);
    }

    #[test]
    fn reserved_labels_step_aside() {
        assert_eq!(text(&[("le", "x")]), r#"exported_le="x""#);
        assert_eq!(text(&[("__name__", "x")]), r#"_name_="x""#);
        assert_eq!(text(&[("", "x")]), r#"_="x""#);
    }

    #[test]
    fn values_are_escaped_and_help_keeps_its_quotes() {
        assert_eq!(text(&[("a", "\\\"\n")]), r#"a="\\\"\n""#);
        assert_eq!(help_text("\\ \" \n"), r#"\\ " \n"#);
    }
}
