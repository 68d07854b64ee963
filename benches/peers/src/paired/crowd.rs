//! Threads that call at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// How long a turn is, in calls: long beside a look at the clock, short beside what disturbs it.
const CALLS: u32 = 500;

/// Threads that call at once. It is seen to that they do: a thread is woken late, and one that has
/// done its part would leave the other alone.
#[derive(Debug)]
pub(super) struct Crowd {
    all: Barrier,
    begun: AtomicUsize,
    done: AtomicUsize,
}

// === impl Crowd ===

impl Default for Crowd {
    fn default() -> Self {
        Self {
            all: Barrier::new(super::THREADS),
            begun: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
        }
    }
}

impl Crowd {
    /// Waits, asleep, for every thread, whether it is to call or not.
    pub(super) fn meet(&self) {
        if self.all.wait().is_leader() {
            self.begun.store(0, SeqCst);
            self.done.store(0, SeqCst);
        }
        self.all.wait();
    }

    /// Nanoseconds a call of this thread, while that many call. `None` if it was sent off its
    /// processor meanwhile: it waited for others then, and left those who called with it alone.
    #[expect(
        clippy::disallowed_methods,
        reason = "what is measured here is not a call, but many"
    )]
    pub(super) fn turn(&self, threads: usize, work: &mut dyn FnMut()) -> Option<f64> {
        self.begun.fetch_add(1, SeqCst);
        while self.begun.load(SeqCst) < threads {
            std::hint::spin_loop();
        }
        let worked = processor_time();
        let started = Instant::now();
        for _ in 0..CALLS {
            work();
        }
        let elapsed = started.elapsed();
        // Read before and after: more than what passed, unless this thread did not run all the while.
        let undisturbed = processor_time() - worked >= elapsed;
        self.done.fetch_add(1, SeqCst);
        while self.done.load(SeqCst) < threads {
            work();
        }
        undisturbed.then(|| elapsed.as_nanos() as f64 / f64::from(CALLS))
    }
}

/// Of this thread.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("it counts from zero")
}
