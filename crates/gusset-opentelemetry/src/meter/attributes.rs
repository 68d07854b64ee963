//! Labels of the facade as attributes of OpenTelemetry.

use std::borrow::Cow;
use std::sync::Arc;

use gusset_data::semconv::{self, OTEL_METRIC_OVERFLOW};
use gusset_data::{SharedStr, Value};
use metrics::{Key, Label};
use opentelemetry::{KeyValue, StringValue, Value as OtelValue};

/// Returns the key with its labels sorted, so that a series has one key. The values of a repeated label are
/// joined, as in all exporters of gusset: the SDK would keep any one of them.
pub(super) fn canonical(key: &Key) -> Cow<'_, Key> {
    if key.labels().is_sorted_by(|a, b| a.key() < b.key()) {
        return Cow::Borrowed(key);
    }
    let mut labels: Vec<Label> = key.labels().cloned().collect();
    // Stable: the values of one label stay in their order.
    labels.sort_by(|a, b| a.key().cmp(b.key()));
    labels.dedup_by(|later, first| {
        let is_repeated = later.key() == first.key();
        if is_repeated {
            let joined = format!("{};{}", first.value(), later.value());
            *first = Label::new(later.clone().into_parts().0, joined);
        }
        is_repeated
    });
    Cow::Owned(Key::from_parts(key.name_shared(), labels))
}

/// Returns the key of the series for all records over a limit.
pub(super) fn overflow(key: &Key) -> Key {
    let label = Label::from_static_parts(OTEL_METRIC_OVERFLOW, "true");
    Key::from_parts(key.name_shared(), vec![label])
}

/// Returns the labels of a key as attributes, with the types of the semantic conventions.
pub(super) fn attributes(key: &Key) -> Arc<[KeyValue]> {
    let labels = key.labels().cloned();
    labels.map(attribute).collect()
}

fn attribute(label: Label) -> KeyValue {
    let typed = semconv::label_value(label.key(), &SharedStr::new(label.value()));
    let (key, text) = label.into_parts();
    let value = match typed {
        Value::Bool(value) => OtelValue::Bool(value),
        Value::Int(value) => OtelValue::I64(value),
        // Not from the copy: a constant stays a constant.
        _ => OtelValue::String(StringValue::from(Cow::<'static, str>::from(text))),
    };
    KeyValue::new(Cow::<'static, str>::from(key), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(labels: &[(&'static str, &'static str)]) -> Key {
        Key::from_parts("a", labels)
    }

    #[test]
    fn labels_are_sorted_and_unique() {
        let sorted = key(&[("a", "1"), ("b", "2")]);
        assert!(matches!(canonical(&sorted), Cow::Borrowed(_)));
        assert_eq!(*canonical(&key(&[("b", "2"), ("a", "1")])), sorted);
        let repeated = key(&[("b", "2"), ("a", "1"), ("b", "0"), ("b", "3")]);
        let joined = key(&[("a", "1"), ("b", "2;0;3")]);
        assert_eq!(*canonical(&repeated), joined);
    }

    #[test]
    fn attributes_have_the_types_of_the_conventions() {
        let key = key(&[("http.response.status_code", "200"), ("tenant", "7")]);
        let expected = [
            KeyValue::new("http.response.status_code", 200),
            KeyValue::new("tenant", "7"),
        ];
        assert_eq!(attributes(&key)[..], expected);
        assert_eq!(
            attributes(&overflow(&key))[..],
            [KeyValue::new("otel.metric.overflow", true)]
        );
    }
}
