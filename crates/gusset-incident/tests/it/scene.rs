//! Incident reports with a clock of the test, which are kept in memory.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_core::{Clock, MockClock};
use gusset_incident::{Delivery, Destination, FlightRecorder, Incidents, IncidentsBuilder};

/// Longer than any test: trouble is looked for by `detect_now`.
pub(crate) const NEVER: Duration = Duration::from_secs(3600);

/// Keeps the triggers and details of the reports.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Vec<(String, String)>>>);

impl Kept {
    /// Returns the triggers since the last call.
    pub(crate) fn triggers(&self) -> Vec<String> {
        let reports = std::mem::take(&mut *self.0.lock().unwrap());
        reports.into_iter().map(|(trigger, _)| trigger).collect()
    }

    pub(crate) fn details(&self) -> Vec<String> {
        let reports = std::mem::take(&mut *self.0.lock().unwrap());
        reports.into_iter().map(|(_, detail)| detail).collect()
    }
}

impl Destination for Kept {
    fn deliver(&self, delivery: &Delivery<'_>) -> io::Result<String> {
        let report = delivery.report();
        let kept = (report.trigger.clone(), report.detail.clone());
        self.0.lock().unwrap().push(kept);
        Ok("memory".to_owned())
    }
}

pub(crate) struct Scene {
    pub(crate) recorder: FlightRecorder,
    pub(crate) incidents: Incidents,
    pub(crate) kept: Kept,
    pub(crate) time: MockClock,
}

/// Starts reports that go to memory, at a time of the test.
pub(crate) fn scene(configure: impl FnOnce(IncidentsBuilder) -> IncidentsBuilder) -> Scene {
    let recorder = FlightRecorder::builder().build().unwrap();
    let (kept, (clock, time)) = (Kept::default(), Clock::manual());
    let builder = Incidents::builder("shop", recorder.clone())
        .interval(NEVER)
        .clock(clock)
        .destination(kept.clone());
    Scene {
        incidents: configure(builder).start().unwrap(),
        recorder,
        kept,
        time,
    }
}
