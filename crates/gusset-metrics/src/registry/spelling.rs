//! How Prometheus spells names and labels, which is also what tells metrics and series apart.
//!
//! The rules are those of the specification's "Prometheus and OpenMetrics Compatibility": what a
//! name may not hold becomes `_`, runs of `_` become one, and attributes whose keys fall together have
//! their values joined with `;`. All kinds of metric pass through here, so that they agree, and so
//! that one metric under two spellings is one metric on every road.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gusset_data::{Labels, SharedStr};
use metrics::Key;

/// The name of a metric, before its unit and `_total`.
///
/// ```
/// use gusset_metrics::registry::spelling::metric_name;
///
/// assert_eq!(metric_name("http.server.request.duration"), "http_server_request_duration");
/// ```
pub fn metric_name(name: &str) -> Cow<'_, str> {
    valid_name(name, |c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// A set of attributes as it stands between the braces of a sample: valid names, each once, sorted,
/// and values escaped.
///
/// `taken` is a name that the kind of metric writes itself (`le`); an attribute of that name steps
/// aside as `exported_le`, as it would if Prometheus resolved the conflict.
///
/// ```
/// use gusset_metrics::registry::spelling::label_text;
///
/// let attributes = [("http.route", "/a"), ("b.c", "say \"x\"")];
/// let text = label_text(attributes.into_iter(), None);
/// assert_eq!(text, r#"b_c="say \"x\"",http_route="/a""#);
/// ```
pub fn label_text<'a>(
    attributes: impl Iterator<Item = (&'a str, &'a str)>,
    taken: Option<&str>,
) -> String {
    let mut attributes: Vec<_> = attributes.collect();
    // The order in which values of one label are joined must not depend on who wrote them down.
    attributes.sort_by_key(|(key, _)| *key);
    let mut labels = BTreeMap::<String, String>::new();
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

    let mut text = String::new();
    for (name, value) in labels {
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

/// The labels of a key as they were recorded, in the order of their keys. What was given twice is
/// joined, as it is in [`label_text`].
pub(super) fn labels(key: &Key) -> Labels {
    let mut labels: Vec<(SharedStr, SharedStr)> = key
        .labels()
        .map(|label| {
            let (key, value) = label.clone().into_parts();
            (text(key), text(value))
        })
        .collect();
    labels.sort_by(|(a, _), (b, _)| a.cmp(b));
    labels.dedup_by(|(later, value), (first, joined)| {
        let twice = later == first;
        if twice {
            *joined = SharedStr::concat([joined, ";", value]);
        }
        twice
    });
    labels.into()
}

/// As the façade has it; what is a constant there stays one.
pub(super) fn text(text: impl Into<Cow<'static, str>>) -> SharedStr {
    text.into().into()
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

fn escape(into: &mut String, text: &str) {
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
    fn names_hold_only_what_prometheus_allows() {
        assert_eq!(metric_name("http.server.duration"), "http_server_duration");
        assert_eq!(metric_name("a..b__c"), "a_b_c");
        assert_eq!(metric_name("5xx"), "_5xx");
        assert_eq!(metric_name(""), "_");
        assert_eq!(metric_name("größe:x"), "gr_e:x");
        assert!(matches!(metric_name("already_fine"), Cow::Borrowed(_)));
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
    fn values_are_escaped() {
        assert_eq!(text(&[("a", "\\\"\n")]), r#"a="\\\"\n""#);
    }

    #[test]
    fn labels_keep_their_spelling_and_stand_once_and_in_order() {
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
