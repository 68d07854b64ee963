//! The names of a key, which the series of a metric share.
//!
//! A service has few names of labels and many values. So a series has a reference to the names, and its values
//! are those of its label text, which every rendering needs anyway. The labels as OTLP sends them are put together
//! when they are read. This, and the cache that compares keys with it, are half of the memory of a counter.

use gusset_data::{Labels, SharedStr};
use metrics::Key;

use super::prometheus_names::{label_names, label_values, labels, shared_str, unescape};

/// The names that a series was recorded with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyNames {
    metric: SharedStr,
    /// The names of the labels as recorded, in the order of the label text.
    labels: Box<[SharedStr]>,
    /// The labels, if the text has the values of several of them joined.
    joined: Option<Labels>,
}

// === impl KeyNames ===

impl KeyNames {
    pub(super) fn new(key: &Key, reserved: Option<&str>) -> Self {
        let names = label_names(key, reserved);
        Self {
            metric: shared_str(key.name_shared()),
            joined: names.is_none().then(|| labels(key)),
            labels: names.unwrap_or_default().into(),
        }
    }

    /// Returns the labels of the series with a label text.
    pub(super) fn labels(&self, label_text: &str) -> Labels {
        if let Some(joined) = &self.joined {
            return joined.clone();
        }
        let values = label_values(label_text).map(|value| SharedStr::new(&unescape(value)));
        let mut labels: Vec<_> = self.labels.iter().cloned().zip(values).collect();
        // Prometheus's names may have another order: `a.b` is before `a_a`, and `a_b` is not.
        labels.sort_by(|(a, _), (b, _)| a.cmp(b));
        labels.into()
    }

    /// Returns whether a key has these names, and the values of a label text. Its labels may have any order.
    ///
    /// Costs one comparison for each label if the labels have the order of the text, and allocates nothing unless a
    /// value is escaped.
    pub(super) fn is_key(&self, label_text: &str, key: &Key) -> bool {
        // The names are distinct and as many as the labels, so a label that is repeated leaves a name over.
        self.joined.is_none()
            && *self.metric == *key.name()
            && self.labels.len() == key.labels().len()
            && self
                .labels
                .iter()
                .zip(label_values(label_text))
                .enumerate()
                .all(|(at, (name, value))| {
                    let mut from_here = key.labels().skip(at).chain(key.labels().take(at));
                    from_here
                        .any(|label| label.key() == &**name && unescape(value) == label.value())
                })
    }
}

#[cfg(test)]
mod tests {
    use metrics::Label;
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

    /// Few names, so that they repeat, and have the same Prometheus name; values with everything that is escaped.
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
