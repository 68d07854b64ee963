//! Threads that call at the same time.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The calls of a turn: much longer than a clock read, and short enough to be undisturbed.
const CALLS_PER_TURN: u32 = 500;

/// Threads that call at the same time.
///
/// A thread may wake up late, so the others wait for it at the start. A thread that has finished continues to
/// call until the others have finished.
#[derive(Debug)]
pub(super) struct ThreadGroup {
    all: Barrier,
    started_threads: AtomicUsize,
    finished_threads: AtomicUsize,
}

// === impl ThreadGroup ===

impl Default for ThreadGroup {
    fn default() -> Self {
        Self {
            all: Barrier::new(super::THREADS),
            started_threads: AtomicUsize::new(0),
            finished_threads: AtomicUsize::new(0),
        }
    }
}

impl ThreadGroup {
    /// Waits for every thread, including those without a turn.
    pub(super) fn wait_for_all(&self) {
        if self.all.wait().is_leader() {
            self.started_threads.store(0, SeqCst);
            self.finished_threads.store(0, SeqCst);
        }
        self.all.wait();
    }

    /// Runs a turn with this number of threads, and returns nanoseconds per call. Returns `None` if the thread
    /// lost its processor, because then the threads did not call at the same time.
    #[expect(
        clippy::disallowed_methods,
        reason = "the benchmark measures real time"
    )]
    pub(super) fn run_turn(&self, threads: usize, work: &mut dyn FnMut()) -> Option<f64> {
        self.started_threads.fetch_add(1, SeqCst);
        while self.started_threads.load(SeqCst) < threads {
            std::hint::spin_loop();
        }
        let processor_start = processor_time();
        let start = Instant::now();
        for _ in 0..CALLS_PER_TURN {
            work();
        }
        let elapsed = start.elapsed();
        // Processor time is read outside of the elapsed time, so it is larger if the thread ran throughout.
        let is_undisturbed = processor_time() - processor_start >= elapsed;
        self.finished_threads.fetch_add(1, SeqCst);
        while self.finished_threads.load(SeqCst) < threads {
            work();
        }
        is_undisturbed.then(|| elapsed.as_nanos() as f64 / f64::from(CALLS_PER_TURN))
    }
}

/// Returns the processor time of this thread.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("processor time is not negative")
}
