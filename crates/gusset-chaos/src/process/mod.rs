//! Assaults on the process: CPU, memory, the runtime, descriptors, and its sudden end.
//!
//! No request starts one: only [`Chaos::assault`] does, while it is armed. One runs at a time. It ends by its own
//! time, with the arming, or when its handle is dropped.

mod load;
mod stop;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use gusset_core::Clock;
use tokio::runtime::Handle;

use self::load::Load;
use self::stop::Stop;
use crate::metrics::ActiveFault;
use crate::state::{Armed, Shared};
use crate::{Chaos, TARGET};

/// An assault on the process: a load that rises for a time, and is then held.
///
/// ```
/// use gusset_chaos::process::Assault;
/// use std::time::Duration;
///
/// let assault = Assault::cpu(0.8).ramp(Duration::from_secs(30)).hold(Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
#[must_use = "an assault begins when it is passed to `Chaos::assault`"]
pub struct Assault {
    target: Target,
    ramp: Duration,
    hold: Duration,
}

#[derive(Clone, Debug)]
enum Target {
    Cpu { share: f64 },
    Memory { share: f64, limit_bytes: u64 },
    Runtime { handle: Handle, workers: usize },
    Descriptors { count: usize },
    Kill,
}

/// An assault in progress. It ends when this is dropped, and what it occupies is free soon after.
#[derive(Debug)]
#[must_use = "the assault ends when this is dropped"]
pub struct RunningAssault {
    stop: Arc<Stop>,
}

/// Why an assault was not begun.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssaultError {
    /// The handle is not armed, or for a dry run.
    NotArmed,
    /// Another one runs.
    Running,
    /// A setting is not valid: its name and the problem.
    Setting(&'static str, &'static str),
    /// The system has no thread for it.
    NoThread,
}

/// Frees the place of the one assault that may run.
struct Single(Arc<Shared>);

const MAX_SHARE: f64 = 0.95;
const MAX_DESCRIPTORS: usize = 1_000_000;
/// How often the load follows its ramp.
const STEP: Duration = Duration::from_millis(20);

// === impl Assault ===

impl Assault {
    /// Occupies this share of all processors that the process may use: at most 0.95.
    pub fn cpu(share: f64) -> Self {
        Self::new(Target::Cpu { share })
    }

    /// Occupies memory, until the process has this share of a limit: at most 0.95. The limit is that of the container, for
    /// example of `memory.max`.
    ///
    /// What the process has at the start counts on Linux, where `/proc` states it. The pages are written.
    pub fn memory(share: f64, limit_bytes: u64) -> Self {
        Self::new(Target::Memory { share, limit_bytes })
    }

    /// Blocks this number of the workers of a Tokio runtime.
    pub fn block_runtime(handle: Handle, workers: usize) -> Self {
        Self::new(Target::Runtime { handle, workers })
    }

    /// Opens this number of file descriptors, or as many as the system allows.
    pub fn descriptors(count: usize) -> Self {
        Self::new(Target::Descriptors { count })
    }

    /// Ends the process after this time, without destructors, as `SIGKILL` or a lack of memory does
    /// ([`std::process::abort`]). The time is for the response to the one who started it.
    pub fn kill_after(delay: Duration) -> Self {
        Self::new(Target::Kill).ramp(delay).hold(Duration::ZERO)
    }

    fn new(target: Target) -> Self {
        Self {
            target,
            ramp: Duration::ZERO,
            hold: Duration::from_secs(10),
        }
    }

    /// Sets the time in which the load rises. Defaults to none.
    pub fn ramp(mut self, time: Duration) -> Self {
        self.ramp = time;
        self
    }

    /// Sets the time for which the load is held. Defaults to 10 s. The time limit of the arming is a limit of both.
    pub fn hold(mut self, time: Duration) -> Self {
        self.hold = time;
        self
    }

    fn check(&self) -> Result<(), AssaultError> {
        match self.target {
            Target::Cpu { share } | Target::Memory { share, .. }
                if !(share > 0.0 && share <= MAX_SHARE) =>
            {
                Err(AssaultError::Setting(
                    "share",
                    "not greater than 0 and at most 0.95",
                ))
            }
            Target::Memory { limit_bytes: 0, .. } => {
                Err(AssaultError::Setting("limit_bytes", "must not be zero"))
            }
            Target::Descriptors { count } if !(1..=MAX_DESCRIPTORS).contains(&count) => {
                Err(AssaultError::Setting("count", "not from 1 to 1000000"))
            }
            Target::Runtime { workers: 0, .. } => {
                Err(AssaultError::Setting("workers", "must not be zero"))
            }
            _ => Ok(()),
        }
    }
}

// === impl Target ===

impl Target {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Cpu { .. } => "cpu",
            Self::Memory { .. } => "memory",
            Self::Runtime { .. } => "runtime",
            Self::Descriptors { .. } => "descriptors",
            Self::Kill => "kill",
        }
    }
}

// === impl Chaos ===

impl Chaos {
    /// Begins an assault on the process, on a thread of its own.
    ///
    /// # Errors
    /// If it is not armed, another one runs, or a setting is not valid.
    pub fn assault(&self, assault: Assault) -> Result<RunningAssault, AssaultError> {
        assault.check()?;
        let session = self.0.session().filter(|session| !session.armed.dry_run);
        let armed = session.ok_or(AssaultError::NotArmed)?.armed;
        if self.0.has_assault.swap(true, Ordering::Relaxed) {
            return Err(AssaultError::Running);
        }
        let single = Single(self.0.clone());
        let stop = Arc::<Stop>::default();
        let running = stop.clone();
        let name = assault.target.as_str();
        let active = self.0.metrics.assault(name);
        tracing::warn!(target: TARGET, assault = name, "the process is assaulted on purpose");
        let run = move || {
            run(assault, &running, &armed);
            running.stop();
            tracing::warn!(target: TARGET, assault = name, "the assault on the process has ended");
            end(single, active);
        };
        let thread = thread::Builder::new().name("gusset-chaos".to_owned());
        thread.spawn(run).map_err(|_| AssaultError::NoThread)?;
        Ok(RunningAssault { stop })
    }
}

/// Frees the place, after everything that the assault occupied.
fn end(single: Single, active: ActiveFault) {
    drop(active);
    drop(single);
}

fn run(assault: Assault, stop: &Arc<Stop>, armed: &Armed) {
    let Assault { target, ramp, hold } = assault;
    let clock = Clock::system();
    let started = clock.now();
    let mut load = Load::new(&target);
    loop {
        let at = clock.now().saturating_duration_since(started);
        if at >= ramp && matches!(target, Target::Kill) {
            std::process::abort();
        }
        let level = match at < ramp {
            true => at.as_secs_f64() / ramp.as_secs_f64(),
            false => 1.0,
        };
        load.set(level, stop);
        let is_over = at >= ramp.saturating_add(hold) || armed.is_over();
        if is_over || stop.wait(STEP) {
            return;
        }
    }
}

impl Drop for Single {
    fn drop(&mut self) {
        self.0.has_assault.store(false, Ordering::Relaxed);
    }
}

// === impl RunningAssault ===

impl RunningAssault {
    /// Returns whether it runs.
    pub fn is_running(&self) -> bool {
        !self.stop.is_stopped()
    }
}

impl Drop for RunningAssault {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

// === impl AssaultError ===

impl fmt::Display for AssaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotArmed => f.write_str("it is not armed, or only for a dry run"),
            Self::Running => f.write_str("another assault runs"),
            Self::Setting(setting, problem) => write!(f, "`{setting}`: {problem}"),
            Self::NoThread => f.write_str("the system has no thread for it"),
        }
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for AssaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for AssaultError {}
