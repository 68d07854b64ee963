//! Which series a question is about.

use gusset_data::SharedStr;

/// Selects series of one metric by their labels.
///
/// All conditions have to match. A series without a label matches as if its value were empty, as in Prometheus.
///
/// ```
/// use gusset_history::Selector;
///
/// let failed_orders = Selector::new("http.server.request.duration")
///     .label("http.route", "/orders")
///     .label_in("http.response.status_code", ["500", "502", "503"])
///     .label_not("error.type", "timeout");
/// assert_eq!(failed_orders.metric(), "http.server.request.duration");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a selector does nothing until it is passed to `History::select`"]
pub struct Selector {
    metric: SharedStr,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    label: SharedStr,
    values: Vec<SharedStr>,
    /// Whether the label has to have one of the values, or none of them.
    is_one_of: bool,
}

// === impl Selector ===

impl Selector {
    /// Selects all series of a metric, by its name in OpenTelemetry's spelling.
    pub fn new(metric: impl Into<SharedStr>) -> Self {
        Self {
            metric: metric.into(),
            conditions: Vec::new(),
        }
    }

    /// Requires that the label has this value.
    pub fn label(self, label: impl Into<SharedStr>, value: impl Into<SharedStr>) -> Self {
        self.label_in(label, [value])
    }

    /// Requires that the label has one of these values.
    pub fn label_in<V: Into<SharedStr>>(
        self,
        label: impl Into<SharedStr>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.condition(label.into(), values, true)
    }

    /// Requires that the label has another value.
    pub fn label_not(self, label: impl Into<SharedStr>, value: impl Into<SharedStr>) -> Self {
        self.label_not_in(label, [value])
    }

    /// Requires that the label has none of these values.
    pub fn label_not_in<V: Into<SharedStr>>(
        self,
        label: impl Into<SharedStr>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.condition(label.into(), values, false)
    }

    fn condition<V: Into<SharedStr>>(
        mut self,
        label: SharedStr,
        values: impl IntoIterator<Item = V>,
        is_one_of: bool,
    ) -> Self {
        self.conditions.push(Condition {
            label,
            values: values.into_iter().map(Into::into).collect(),
            is_one_of,
        });
        self
    }

    /// Returns the name of the metric.
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// Returns whether a series with these labels is selected.
    ///
    /// ```
    /// use gusset_history::Selector;
    ///
    /// let labels = [("kind".into(), "nightly".into())];
    /// assert!(Selector::new("jobs").label("kind", "nightly").matches(&labels));
    /// assert!(Selector::new("jobs").label("queue", "").matches(&labels));
    /// assert!(!Selector::new("jobs").label_not("kind", "nightly").matches(&labels));
    /// ```
    pub fn matches(&self, labels: &[(SharedStr, SharedStr)]) -> bool {
        self.conditions.iter().all(|condition| {
            let value = label_value(labels, &condition.label);
            condition.values.iter().any(|it| it == value) == condition.is_one_of
        })
    }
}

/// Returns the value of a label, which is empty if there is none.
pub(crate) fn label_value<'a>(labels: &'a [(SharedStr, SharedStr)], label: &str) -> &'a str {
    let found = labels.iter().find(|(key, _)| key == label);
    found.map_or("", |(_, value)| value)
}
