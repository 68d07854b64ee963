//! Real readings, one after the other.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gusset_core::Clock;
use gusset_data::MetricProducer;
use gusset_diagnose::{Area, Diagnoser, Diagnosis, HistorySource, Reading, Scope};
use gusset_history::History;
use gusset_system::{Pool, Snapshot, SystemReader};
use tokio::runtime::Handle;

use crate::calls::Calls;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The readings after the first one in which a condition has to be named: 3 of these 5, by the default hold.
const HOLD: usize = 5;
const NEEDED: usize = 3;

/// Takes readings of this process, and diagnoses them.
pub(crate) struct Readings {
    reader: SystemReader,
    diagnoser: Diagnoser,
    history: History,
    source: HistorySource,
    runtime: Option<Handle>,
    calls: Option<Calls>,
    pools: Option<Box<dyn Fn() -> Vec<Pool>>>,
    _alone: MutexGuard<'static, ()>,
}

impl Readings {
    pub(crate) fn new() -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let history = History::builder()
            .interval(Duration::from_secs(1))
            .build()
            .unwrap();
        Self {
            reader: SystemReader::new(),
            diagnoser: Diagnoser::default(),
            source: HistorySource::new(history.clone()),
            history,
            runtime: None,
            calls: None,
            pools: None,
            _alone: alone,
        }
    }

    /// Reads a runtime and the calls of a service too.
    pub(crate) fn of_service(runtime: &Handle, calls: &Calls) -> Self {
        let mut this = Self::new();
        this.runtime = Some(runtime.clone());
        this.calls = Some(calls.clone());
        this
    }

    pub(crate) fn pools(mut self, pools: impl Fn() -> Vec<Pool> + 'static) -> Self {
        self.pools = Some(Box::new(pools));
        self
    }

    /// Takes a reading now.
    fn take(&mut self) -> Snapshot {
        let mut snapshot = self.reader.snapshot();
        if let Some(runtime) = &self.runtime {
            let metrics = runtime.metrics();
            let workers = metrics.num_workers();
            let busy = (0..workers).map(|worker| metrics.worker_total_busy_duration(worker));
            snapshot.runtime.workers = Some(workers as u64);
            snapshot.runtime.busy = Some(busy.collect());
            snapshot.runtime.alive_tasks = Some(metrics.num_alive_tasks() as u64);
            snapshot.runtime.global_queue = Some(metrics.global_queue_depth() as u64);
        }
        snapshot.service.pools = self.pools.as_ref().map(|pools| pools());
        snapshot
    }

    fn observe(&mut self, now: Instant, snapshot: Snapshot) -> Diagnosis {
        let mut reading = Reading::from(snapshot);
        if let Some(calls) = &self.calls {
            self.history.record(now, calls.metrics());
            self.source.fill(now, &mut reading);
        }
        self.diagnoser.observe(reading)
    }

    /// Returns the diagnosis that has this finding, or the last one of the hold. The readings are a second apart; `load`
    /// runs in between, until the time that it gets.
    pub(crate) fn until_named(&mut self, id: &str, mut load: impl FnMut(Instant)) -> Diagnosis {
        let mut diagnosis = Diagnosis::default();
        for reading in 0..=HOLD {
            if reading > 0 {
                load(Clock::system().now() + Duration::from_millis(1050));
            }
            let snapshot = self.take();
            diagnosis = self.observe(Clock::system().now(), snapshot);
            if diagnosis.finding(id).is_some() {
                break;
            }
        }
        diagnosis
    }

    /// Returns the diagnosis after the readings of the hold, at given times: ten seconds apart. For what does not depend
    /// on time.
    pub(crate) fn at_given_times(&mut self, mut before: impl FnMut(usize)) -> Diagnosis {
        let mut diagnosis = Diagnosis::default();
        for reading in 0..=NEEDED {
            before(reading);
            let mut snapshot = self.take();
            snapshot.time = Duration::from_secs(10 * reading as u64);
            diagnosis = self.observe(Clock::system().now(), snapshot);
        }
        diagnosis
    }
}

/// Asserts that a finding is there, and no other one but those that other programs cause: of the host, and of the CPUs of a
/// control group that they share with the test.
#[track_caller]
pub(crate) fn assert_named(diagnosis: &Diagnosis, id: &str) {
    assert!(diagnosis.finding(id).is_some(), "no {id} in\n{diagnosis}");
    for finding in &diagnosis.findings {
        let is_of_others = match finding.scope {
            Scope::Host => true,
            Scope::Cgroup => finding.kind.area == Area::Cpu,
            _ => false,
        };
        assert!(
            finding.kind.id == id || is_of_others,
            "not only {id} in\n{diagnosis}"
        );
    }
}
