//! The names of a key, which the series of a metric share.
//!
//! A service has few names of labels and many values. So a series has a reference to the names, and its values
//! are those of its label text, which every rendering needs anyway. The labels as OTLP sends them are put together
//! when they are read. This, and the cache that compares keys with it, are half of the memory of a counter.

use gusset_data::{Labels, SharedStr};
use metrics::{Key, Label};

use super::prometheus_names::{escape, label_names, labels, shared_str, unescape};

/// The names that a series was recorded with.
#[derive(Debug)]
pub(super) struct KeyNames {
    metric: SharedStr,
    /// In the order of the label text.
    labels: Box<[LabelName]>,
    /// The labels, if the text has the values of several of them joined.
    joined: Option<Labels>,
}

/// The name of a label.
#[derive(Debug)]
struct LabelName {
    /// As recorded.
    recorded: SharedStr,
    /// The length of the name in the label text.
    exported_len: usize,
}

// === impl KeyNames ===

impl KeyNames {
    pub(super) fn new(key: &Key, reserved: Option<&str>) -> Self {
        let names = label_names(key, reserved);
        Self {
            metric: shared_str(key.name_shared()),
            joined: names.is_none().then(|| labels(key)),
            labels: names.into_iter().flatten().map(LabelName::from).collect(),
        }
    }

    /// Returns the labels of the series with a label text.
    pub(super) fn labels(&self, label_text: &str) -> Labels {
        if let Some(joined) = &self.joined {
            return joined.clone();
        }
        let values = self.values(label_text);
        let mut labels: Vec<_> = values
            .map(|(name, value)| (name.clone(), SharedStr::new(&unescape(value))))
            .collect();
        // Prometheus's names may have another order: `a.b` is before `a_a`, and `a_b` is not.
        labels.sort_by(|(a, _), (b, _)| a.cmp(b));
        labels.into()
    }

    /// Returns whether a key has these names, and the values of a label text. Its labels may have any order.
    ///
    /// Costs one comparison for each label if the labels have the order of the text, and allocates nothing unless a
    /// value has to be escaped.
    pub(super) fn is_key(&self, label_text: &str, key: &Key) -> bool {
        // The names are distinct and as many as the labels, so a label that is repeated leaves a name over.
        if self.joined.is_some()
            || *self.metric != *key.name()
            || self.labels.len() != key.labels().len()
        {
            return false;
        }
        let (mut rest, mut in_order) = (label_text, key.labels());
        self.labels.iter().all(|name| {
            // After the name and `="`.
            let value = rest.get(name.exported_len + 2..).unwrap_or_default();
            let has_name = |label: &&Label| label.key() == &*name.recorded;
            let label = in_order.next().filter(has_name);
            let Some(label) = label.or_else(|| key.labels().find(has_name)) else {
                return false;
            };
            let length = length_at_start(value, label.value());
            // After the quote and the comma, which the last one does not have.
            rest = length
                .and_then(|it| value.get(it + 2..))
                .unwrap_or_default();
            length.is_some()
        })
    }

    /// Returns the names with the escaped values of a label text.
    fn values<'a>(&'a self, label_text: &'a str) -> impl Iterator<Item = (&'a SharedStr, &'a str)> {
        let mut rest = label_text;
        self.labels.iter().map(move |name| {
            let value = rest.get(name.exported_len + 2..).unwrap_or_default();
            let end = end_of_value(value);
            rest = value.get(end + 2..).unwrap_or_default();
            (&name.recorded, &value[..end])
        })
    }
}

impl From<(String, SharedStr)> for LabelName {
    fn from((exported, recorded): (String, SharedStr)) -> Self {
        Self {
            recorded,
            exported_len: exported.len(),
        }
    }
}

/// Returns the length of an escaped value, if the text starts with it and its closing quote.
#[inline]
fn length_at_start(text: &str, value: &str) -> Option<usize> {
    let is_plain = !value
        .bytes()
        .any(|byte| matches!(byte, b'\\' | b'"' | b'\n'));
    let is_at_start = |escaped: &str| {
        text.starts_with(escaped) && text.as_bytes().get(escaped.len()) == Some(&b'"')
    };
    if is_plain {
        return is_at_start(value).then_some(value.len());
    }
    let mut escaped = String::new();
    escape(&mut escaped, value);
    is_at_start(&escaped).then_some(escaped.len())
}

/// Returns the index of the quote after an escaped value.
fn end_of_value(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::registry::prometheus_names::label_text;

    fn key(labels: &[(String, String)]) -> Key {
        let labels = labels
            .iter()
            .cloned()
            .map(|(key, value)| Label::new(key, value));
        Key::from_parts("a.metric", labels.collect::<Vec<_>>())
    }

    fn text_of(key: &Key) -> String {
        let pairs = key.labels().map(|label| (label.key(), label.value()));
        label_text(pairs, Some("le"))
    }

    /// Returns labels with few names, which repeat and have the same Prometheus name, and values with everything that is
    /// escaped.
    fn any_labels() -> impl Strategy<Value = Vec<(String, String)>> {
        let name = prop::sample::select(vec!["a", "a.b", "a_b", "a_a", "le", "b", ""]);
        let label = (name.prop_map(str::to_owned), r#"[a=,"\\\n;]{0,4}"#);
        prop::collection::vec(label, 0..4)
    }

    proptest! {
        #[test]
        fn labels_are_those_of_the_key(recorded in any_labels()) {
            let key = key(&recorded);
            let names = KeyNames::new(&key, Some("le"));
            prop_assert_eq!(names.labels(&text_of(&key)), labels(&key));
        }

        #[test]
        fn key_is_that_of_the_series_if_it_has_the_same_labels(first in any_labels(), second in any_labels()) {
            let (first, second) = (key(&first), key(&second));
            let names = KeyNames::new(&first, Some("le"));
            let text = text_of(&first);
            let are_distinct = label_names(&first, Some("le")).is_some();
            let has_repeated = |key: &Key| labels(key).len() < key.labels().len();
            let is_same = labels(&first) == labels(&second) && !has_repeated(&second);
            prop_assert_eq!(names.is_key(&text, &second), are_distinct && is_same);
        }

        #[test]
        fn order_of_the_labels_does_not_matter(recorded in any_labels()) {
            let first = key(&recorded);
            let reversed: Vec<_> = recorded.into_iter().rev().collect();
            let names = KeyNames::new(&first, Some("le"));
            let text = text_of(&first);
            prop_assert_eq!(names.is_key(&text, &key(&reversed)), names.is_key(&text, &first));
        }
    }

    #[test]
    fn other_metric_is_another_key() {
        let names = KeyNames::new(&Key::from_name("a.metric"), None);
        assert!(names.is_key("", &Key::from_name("a.metric")));
        assert!(!names.is_key("", &Key::from_name("a_metric")));
    }
}
