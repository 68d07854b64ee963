//! What detects trouble, once a second.

mod calls;
mod combined;
mod memory;
mod states;

use std::time::{Instant, SystemTime};

pub use self::calls::{ErrorShare, SlowCalls};
pub use self::combined::{And, HeldFor, Or};
pub use self::memory::{MemoryPressure, OutOfMemory};
pub use self::states::StateChanged;
use crate::{CallTotals, Readings, StateChange};

/// What a [`Detect`] reads: what happened since it was called before.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Moment<'a> {
    /// The monotonic time.
    pub now: Instant,
    /// The calls that have ended since.
    pub totals: CallTotals,
    /// The last readings of the system, with their time. They may be the same as before.
    pub readings: Option<(SystemTime, Readings)>,
    /// The changes of state since.
    pub changes: &'a [StateChange],
}

/// Detects one kind of trouble. It is called once a second on a thread of its own, and not for each call.
///
/// A closure with a [`Moment`] is one. Others are [`ErrorShare`], [`SlowCalls`], [`MemoryPressure`], [`OutOfMemory`] and
/// [`StateChanged`]; they are combined by [`and`](Self::and), [`or`](Self::or) and [`held_for`](Self::held_for).
///
/// ```
/// use std::time::Duration;
///
/// use gusset_incident::{Detect as _, ErrorShare, FlightRecorder, Incidents, SlowCalls, Trigger};
///
/// # fn main() -> Result<(), gusset_incident::ConfigError> {
/// let recorder = FlightRecorder::builder().build()?;
/// let slow = SlowCalls::over(Duration::from_secs(2)).held_for(5);
/// let incidents = Incidents::builder("shop", recorder)
///     .on(Trigger::Errors, ErrorShare::over(0.2))
///     .on(Trigger::Latency, slow)
///     .start()?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not detect trouble",
    label = "does not implement `Detect`",
    note = "pass a closure `|moment: &Moment<'_>| -> Option<String>`, or implement `Detect`"
)]
pub trait Detect: Send + 'static {
    /// Returns what is wrong, in words, or `None`. A report is made when it begins, and again after it has ended.
    fn detect(&mut self, moment: &Moment<'_>) -> Option<String>;

    /// Detects what both detect at the same time.
    fn and<D: Detect>(self, other: D) -> And<Self, D>
    where
        Self: Sized,
    {
        And(self, other)
    }

    /// Detects what one of the two detects.
    fn or<D: Detect>(self, other: D) -> Or<Self, D>
    where
        Self: Sized,
    {
        Or(self, other)
    }

    /// Detects what is there this number of times in a row.
    fn held_for(self, times: u32) -> HeldFor<Self>
    where
        Self: Sized,
    {
        HeldFor::new(self, times)
    }
}

impl<F: FnMut(&Moment<'_>) -> Option<String> + Send + 'static> Detect for F {
    fn detect(&mut self, moment: &Moment<'_>) -> Option<String> {
        self(moment)
    }
}
