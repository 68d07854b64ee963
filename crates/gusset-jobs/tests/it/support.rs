//! Jobs with a recorder, and an observer of the ends of their runs.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex};

use gusset_core::operation::{Operation, Operations};
use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer, StaticStr};
use gusset_jobs::{JobBuilder, Jobs};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

pub(crate) struct TestJobs {
    pub(crate) jobs: Jobs,
    ends: Ends,
    snapshotter: Snapshotter,
    /// The counters until now.
    totals: Mutex<HashMap<String, u64>>,
}

/// Writes down the name of each operation that ends, and its error or its outcome.
#[derive(Clone, Default)]
pub(crate) struct Ends(Arc<Mutex<Vec<String>>>);

pub(crate) struct EndsCall(Ends, &'static str);

impl TestJobs {
    pub(crate) fn new() -> Self {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        Self {
            jobs: Jobs::new().with_recorder(Arc::new(recorder)),
            ends: Ends::default(),
            snapshotter,
            totals: Mutex::default(),
        }
    }

    pub(crate) fn job(&self, name: &'static str) -> JobBuilder<Ends> {
        let observers = ObserveLayer::<Operations, _>::new(self.ends.clone());
        self.jobs.job(name, &observers)
    }

    pub(crate) fn ends(&self) -> Vec<String> {
        self.ends.0.lock().unwrap().clone()
    }

    pub(crate) fn gauge(&self, name: &str) -> f64 {
        match self.values().remove(name) {
            Some(DebugValue::Gauge(value)) => value.into_inner(),
            value => panic!("{name} is {value:?}"),
        }
    }

    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.values();
        *self.totals.lock().unwrap().get(name).unwrap()
    }

    /// Returns all values, and adds the counters to their totals, because a snapshot resets them.
    fn values(&self) -> HashMap<String, DebugValue> {
        let mut totals = self.totals.lock().unwrap();
        let mut values = HashMap::new();
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let name = key.key().name().to_owned();
            if let DebugValue::Counter(added) = value {
                *totals.entry(name.clone()).or_default() += added;
            }
            values.insert(name, value);
        }
        values
    }
}

pub(crate) fn ok() -> Ready<Result<(), io::Error>> {
    ready(Ok(()))
}

impl Observer<Operations> for Ends {
    type Call = EndsCall;

    fn start(&self, operation: &Operation, _: &mut CallContext) -> EndsCall {
        EndsCall(self.clone(), operation.name())
    }
}

impl CallObserver<Operations> for EndsCall {
    fn on_end(self, _: End<'_, Operations>, cx: &CallContext) {
        let outcome = cx.outcome().map_or("", |outcome| outcome.as_str());
        let end = cx.error_type().map_or(outcome, StaticStr::as_str);
        let Self(Ends(ends), name) = self;
        ends.lock().unwrap().push(format!("{name} {end}"));
    }
}
