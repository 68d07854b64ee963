//! The metrics of a page.

use std::sync::OnceLock;
use std::time::Duration;

use gusset_data::{MetricDescriptor, SharedRecorder, SharedStr};
use metrics::{Counter, Histogram, Label};

use crate::beacon::Beacon;
use crate::{Phase, names};

/// A registered page, with its handles of metrics. Each is registered when it is used first.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) name: SharedStr,
    phases: [OnceLock<Histogram>; Phase::ALL.len()],
    lcp: OnceLock<Histogram>,
    inp: OnceLock<Histogram>,
    cls: OnceLock<Histogram>,
    errors: OnceLock<Counter>,
}

// === impl Page ===

impl Page {
    pub(crate) fn new(name: SharedStr) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// Records a page view.
    pub(crate) fn record(&self, recorder: &SharedRecorder, beacon: &Beacon<'_>) {
        for phase in Phase::ALL {
            let Some(time) = beacon.phase(phase) else {
                continue;
            };
            let register = || {
                let label = Label::from_static_parts(names::PHASE, phase.as_str());
                names::PHASE_DURATION.histogram(recorder, vec![self.label(), label])
            };
            self.phases[phase as usize]
                .get_or_init(register)
                .record(time);
        }
        let record = |cell: &OnceLock<Histogram>, metric: &MetricDescriptor, value: Option<f64>| {
            if let Some(value) = value {
                cell.get_or_init(|| metric.histogram(recorder, vec![self.label()]))
                    .record(value);
            }
        };
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        record(
            &self.lcp,
            &names::LARGEST_CONTENTFUL_PAINT,
            seconds(beacon.lcp),
        );
        record(
            &self.inp,
            &names::INTERACTION_TO_NEXT_PAINT,
            seconds(beacon.inp),
        );
        record(&self.cls, &names::CUMULATIVE_LAYOUT_SHIFT, beacon.cls);
        // Also without an error, so that the series is there before the first one.
        self.errors
            .get_or_init(|| names::SCRIPT_ERRORS.counter(recorder, vec![self.label()]))
            .increment(beacon.errors.into());
    }

    fn label(&self) -> Label {
        Label::new(names::PAGE, self.name.to_string())
    }
}
