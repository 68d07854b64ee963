//! The metrics, recorded through the `metrics` facade.
//!
//! Only calls that a rule has picked record anything, so series are registered when they are used.

use std::sync::Arc;

use gusset_core::PanicCounter;
use gusset_data::{MetricDescriptor, SharedRecorder};
use metrics::{Gauge, Label};

use crate::{FaultKind, TARGET, names};

/// The recorder. It is the user's code: its panics do not reach a call.
#[derive(Clone)]
pub(crate) struct Metrics(Option<Arc<Recording>>);

struct Recording {
    recorder: SharedRecorder,
    panics: PanicCounter,
}

/// One more active fault, until it is dropped.
pub(crate) struct ActiveFault {
    metrics: Metrics,
    gauge: Option<Gauge>,
}

// === impl Metrics ===

impl Metrics {
    pub(crate) fn new(recorder: Option<SharedRecorder>) -> Self {
        let panics = PanicCounter::new();
        let metrics = Self(recorder.map(|recorder| Arc::new(Recording { recorder, panics })));
        metrics.record(|recorder| {
            for metric in names::ALL {
                metric.describe(&**recorder);
            }
            names::ARMED.gauge(recorder, Vec::new()).set(0.0);
        });
        metrics
    }

    pub(crate) fn matched(&self, rule: &Arc<str>) {
        self.count(&names::MATCHED, || vec![of_rule(rule)]);
    }

    pub(crate) fn injected(&self, rule: &Arc<str>, fault: FaultKind) {
        self.count(&names::INJECTED, || vec![of_rule(rule), of_fault(fault)]);
    }

    pub(crate) fn skipped(&self, rule: &Arc<str>, fault: FaultKind, reason: &'static str) {
        let reason = Label::from_static_parts(names::REASON, reason);
        self.count(&names::SKIPPED, || {
            vec![of_rule(rule), of_fault(fault), reason]
        });
    }

    pub(crate) fn stopped(&self, reason: &'static str) {
        self.count(&names::STOPS, || {
            vec![Label::from_static_parts(names::REASON, reason)]
        });
    }

    pub(crate) fn set_armed(&self, is_armed: bool) {
        self.record(|recorder| {
            let gauge = names::ARMED.gauge(recorder, Vec::new());
            gauge.set(if is_armed { 1.0 } else { 0.0 });
        });
    }

    pub(crate) fn active(&self, rule: &Arc<str>, fault: FaultKind) -> ActiveFault {
        self.raise(&names::ACTIVE, || vec![of_rule(rule), of_fault(fault)])
    }

    #[cfg(feature = "process")]
    pub(crate) fn assault(&self, name: &'static str) -> ActiveFault {
        self.raise(&names::ASSAULTS, || {
            vec![Label::from_static_parts(names::ASSAULT, name)]
        })
    }

    fn raise(&self, metric: &MetricDescriptor, labels: impl FnOnce() -> Vec<Label>) -> ActiveFault {
        let gauge = self.record(|recorder| {
            let gauge = metric.gauge(recorder, labels());
            gauge.increment(1.0);
            gauge
        });
        let metrics = self.clone();
        ActiveFault { metrics, gauge }
    }

    fn count(&self, metric: &MetricDescriptor, labels: impl FnOnce() -> Vec<Label>) {
        self.record(|recorder| metric.counter(recorder, labels()).increment(1));
    }

    fn record<R>(&self, record: impl FnOnce(&SharedRecorder) -> R) -> Option<R> {
        let Recording { recorder, panics } = &**self.0.as_ref()?;
        let report = || {
            tracing::error!(target: TARGET, "the recorder of metrics panicked, metrics are incomplete");
        };
        panics.catch(|| record(recorder), report)
    }
}

impl Drop for ActiveFault {
    fn drop(&mut self) {
        if let Some(gauge) = self.gauge.take() {
            self.metrics.record(|_| gauge.decrement(1.0));
        }
    }
}

fn of_rule(rule: &Arc<str>) -> Label {
    Label::new(names::RULE, rule.clone())
}

fn of_fault(fault: FaultKind) -> Label {
    Label::from_static_parts(names::FAULT, fault.as_str())
}
