//! The handles of the metrics of one worker.

use std::fmt;
use std::time::SystemTime;

use gusset_data::semconv::{
    MESSAGING_DESTINATION_NAME, MESSAGING_OPERATION_NAME, MESSAGING_SYSTEM,
};
use gusset_data::{SharedRecorder, contain_recorder};
use metrics::{Counter, Gauge, Histogram, Label};

use crate::{Settlement, names};

/// The handles of the metrics of one worker, resolved once.
pub(crate) struct WorkerMetrics {
    consumed: Counter,
    settlements: [Counter; Settlement::ALL.len()],
    redelivered: Counter,
    lag: Histogram,
    paused: Gauge,
}

// === impl WorkerMetrics ===

impl WorkerMetrics {
    pub(crate) fn new(recorder: SharedRecorder, system: &str, destination: &'static str) -> Self {
        let recorder = contain_recorder(recorder);
        for metric in names::ALL {
            metric.describe(&recorder);
        }
        let with = |more: Option<(&'static str, &'static str)>| {
            let labels = [
                Label::new(MESSAGING_SYSTEM, system.to_owned()),
                Label::from_static_parts(MESSAGING_DESTINATION_NAME, destination),
            ];
            let more = more.map(|(key, value)| Label::from_static_parts(key, value));
            labels.into_iter().chain(more).collect()
        };
        let operation = (MESSAGING_OPERATION_NAME, "receive");
        Self {
            consumed: names::CONSUMED.counter(&recorder, with(Some(operation))),
            settlements: Settlement::ALL.map(|settlement| {
                let label = (names::SETTLEMENT, settlement.as_str());
                names::SETTLEMENTS.counter(&recorder, with(Some(label)))
            }),
            redelivered: names::REDELIVERED.counter(&recorder, with(None)),
            lag: names::LAG.histogram(&recorder, with(None)),
            paused: names::PAUSED.gauge(&recorder, with(None)),
        }
    }

    pub(crate) fn receive(&self, messages: u32, is_redelivered: bool, sent: Option<SystemTime>) {
        self.consumed.increment(messages.into());
        if is_redelivered {
            self.redelivered.increment(messages.into());
        }
        // The broker's clock may be ahead of this one.
        if let Some(lag) = sent.and_then(|sent| SystemTime::now().duration_since(sent).ok()) {
            self.lag.record(lag.as_secs_f64());
        }
    }

    pub(crate) fn settle(&self, settlement: Settlement, messages: u32) {
        let all = Settlement::ALL.iter().zip(&self.settlements);
        for (_, counter) in all.filter(|(it, _)| **it == settlement) {
            counter.increment(messages.into());
        }
    }

    pub(crate) fn pause(&self, is_paused: bool) {
        self.paused.set(f64::from(u8::from(is_paused)));
    }
}

impl fmt::Debug for WorkerMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorkerMetrics")
    }
}
