//! Prometheus's names of metrics and labels.
//!
//! The rules are those of OpenTelemetry's "Prometheus and OpenMetrics Compatibility": characters that
//! are not allowed become `_`, runs of `_` become one, and attributes with the same name have their
//! values joined with `;`. The registry identifies metrics and series by these names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gusset_data::{Labels, SharedStr};
use metrics::Key;

/// Returns the name of a metric, without its unit and `_total`.
///
/// ```
/// use gusset_metrics::registry::prometheus_names::metric_name;
///
/// assert_eq!(metric_name("http.server.request.duration"), "http_server_request_duration");
/// ```
pub fn metric_name(name: &str) -> Cow<'_, str> {
    valid_name(name, is_in_metric_name)
}

/// Returns the name of a label.
pub(super) fn label_name(name: &str) -> Cow<'_, str> {
    valid_name(name, is_in_label_name)
}

/// Returns the name of a metric with the wildcards `*` and `?`.
pub(super) fn metric_pattern(name: &str) -> Cow<'_, str> {
    valid_name(name, |c| is_in_metric_name(c) || is_wildcard(c))
}

/// Returns the name of a label with the wildcards `*` and `?`.
pub(super) fn label_pattern(name: &str) -> Cow<'_, str> {
    valid_name(name, |c| is_in_label_name(c) || is_wildcard(c))
}

/// Returns attributes in Prometheus's text format: the [`label_pairs`] with escaped values.
///
/// ```
/// use gusset_metrics::registry::prometheus_names::label_text;
///
/// let attributes = [("http.route", "/a"), ("b.c", "quoted \"x\"")];
/// let text = label_text(attributes.into_iter(), None);
/// assert_eq!(text, r#"b_c="quoted \"x\"",http_route="/a""#);
/// ```
pub fn label_text<'a>(
    attributes: impl Iterator<Item = (&'a str, &'a str)>,
    reserved: Option<&str>,
) -> String {
    let pairs = label_pairs(attributes, reserved);
    // Of this length if nothing is escaped: the registry keeps the text.
    let quoted = pairs
        .iter()
        .map(|(name, value)| name.len() + value.len() + "=\"\",".len());
    let mut text = String::with_capacity(quoted.sum::<usize>().saturating_sub(1));
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&name);
        text.push_str("=\"");
        escape(&mut text, &value);
        text.push('"');
    }
    text
}

/// Returns attributes as Prometheus's labels: sorted, with valid and unique names.
///
/// `reserved` is a label name that exporters add themselves (`le`). An attribute with that name becomes
/// `exported_le`, as when Prometheus resolves such a conflict.
///
/// ```
/// use gusset_metrics::registry::prometheus_names::label_pairs;
///
/// let attributes = [("le", "x"), ("b.c", "2"), ("b_c", "3")];
/// let labels = label_pairs(attributes.into_iter(), Some("le"));
/// let labels: Vec<_> = labels.into_iter().collect();
/// assert_eq!(labels, [("b_c".into(), "2;3".into()), ("exported_le".into(), "x".into())]);
/// ```
pub fn label_pairs<'a>(
    attributes: impl Iterator<Item = (&'a str, &'a str)>,
    reserved: Option<&str>,
) -> BTreeMap<String, String> {
    let mut attributes: Vec<_> = attributes.collect();
    // Values are joined in the order of their keys, whatever the order of the attributes.
    attributes.sort_by_key(|(key, _)| *key);
    let mut labels = BTreeMap::<String, String>::new();
    for (key, value) in attributes {
        labels
            .entry(exported_name(key, reserved).into_owned())
            .and_modify(|joined| {
                joined.push(';');
                joined.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }
    labels
}

/// Returns the labels of a key as recorded, sorted. The values of a repeated key are joined, as in
/// [`label_text`].
pub(super) fn labels(key: &Key) -> Labels {
    let mut labels: Vec<(SharedStr, SharedStr)> = key
        .labels()
        .map(|label| {
            let (key, value) = label.clone().into_parts();
            (shared_str(key), shared_str(value))
        })
        .collect();
    labels.sort_by(|(a, _), (b, _)| a.cmp(b));
    labels.dedup_by(|(later, value), (first, joined)| {
        let is_repeated = later == first;
        if is_repeated {
            *joined = SharedStr::concat([joined, ";", value]);
        }
        is_repeated
    });
    labels.into()
}

/// Returns the names of a key's labels as exported and as recorded, in the order of the [`label_text`]. `None` if the
/// text has the values of several labels joined.
pub(super) fn label_names(
    key: &Key,
    reserved: Option<&str>,
) -> Option<BTreeMap<String, SharedStr>> {
    let names = key.labels().map(|label| {
        let exported = exported_name(label.key(), reserved).into_owned();
        (exported, shared_str(label.clone().into_parts().0))
    });
    let names: BTreeMap<_, _> = names.collect();
    (names.len() == key.labels().len()).then_some(names)
}

/// Returns a value as it was before it was escaped.
pub(super) fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some(escaped) => escaped,
                None => break,
            },
            c => c,
        });
    }
    Cow::Owned(text)
}

/// Returns the name under which a label is exported.
fn exported_name<'a>(name: &'a str, reserved: Option<&str>) -> Cow<'a, str> {
    let name = label_name(name);
    if reserved == Some(&*name) {
        return Cow::Owned(format!("exported_{name}"));
    }
    name
}

/// Converts a string of the facade. Constants stay constants.
pub(super) fn shared_str(text: impl Into<Cow<'static, str>>) -> SharedStr {
    text.into().into()
}

fn is_in_metric_name(c: char) -> bool {
    is_in_label_name(c) || c == ':'
}

fn is_in_label_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_wildcard(c: char) -> bool {
    matches!(c, '*' | '?')
}

fn valid_name(name: &str, is_allowed: impl Fn(char) -> bool) -> Cow<'_, str> {
    let has_valid_start = name.starts_with(|c: char| !c.is_ascii_digit());
    if has_valid_start && name.chars().all(&is_allowed) && !name.contains("__") {
        return Cow::Borrowed(name);
    }
    let mut valid = String::with_capacity(name.len() + 1);
    if !has_valid_start {
        // Also for an empty name, which would make the whole response invalid.
        valid.push('_');
    }
    for c in name.chars() {
        if is_allowed(c) && c != '_' {
            valid.push(c);
        } else if !valid.ends_with('_') {
            valid.push('_');
        }
    }
    Cow::Owned(valid)
}

/// Appends a value as the text format has it.
pub(super) fn escape(into: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => into.push_str(r"\\"),
            '\n' => into.push_str(r"\n"),
            '"' => into.push_str("\\\""),
            c => into.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(attributes: &[(&str, &str)]) -> String {
        label_text(attributes.iter().copied(), Some("le"))
    }

    #[test]
    fn invalid_characters_of_names_are_replaced() {
        assert_eq!(metric_name("http.server.duration"), "http_server_duration");
        assert_eq!(metric_name("a..b__c"), "a_b_c");
        assert_eq!(metric_name("5xx"), "_5xx");
        assert_eq!(metric_name(""), "_");
        assert_eq!(metric_name("größe:x"), "gr_e:x");
        assert!(matches!(metric_name("already_fine"), Cow::Borrowed(_)));
    }

    #[test]
    fn labels_with_one_name_are_joined() {
        assert_eq!(text(&[("a_b", "2"), ("a.b", "1")]), r#"a_b="1;2""#);
        assert_eq!(text(&[("a.b", "1"), ("a_b", "2")]), r#"a_b="1;2""#);
    }

    #[test]
    fn reserved_labels_are_renamed() {
        assert_eq!(text(&[("le", "x")]), r#"exported_le="x""#);
        assert_eq!(text(&[("__name__", "x")]), r#"_name_="x""#);
        assert_eq!(text(&[("", "x")]), r#"_="x""#);
    }

    #[test]
    fn values_are_escaped() {
        assert_eq!(text(&[("a", "\\\"\n")]), r#"a="\\\"\n""#);
    }

    #[test]
    fn recorded_labels_are_sorted_and_unique() {
        let labels = |labels: &[(&'static str, &'static str)]| {
            let labels = labels.iter().map(metrics::Label::from);
            super::labels(&Key::from_parts("x", labels.collect::<Vec<_>>()))
        };
        let as_text = |labels: &Labels| format!("{labels:?}");
        assert_eq!(
            as_text(&labels(&[("b.c", "1"), ("a", "\""), ("b.c", "2")])),
            r#"[("a", "\""), ("b.c", "1;2")]"#
        );
    }
}
