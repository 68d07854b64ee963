//! Which calls are recorded, decided before anything is put together.

mod basic;
mod env;
mod hold;
mod rate;
mod tail;

use std::time::{Duration, Instant};

use gusset_core::{Outcome, StaticStr};
use gusset_http::RequestHead;

pub use self::basic::{AlwaysOff, AlwaysOn, ParentBased, Ratio};
pub use self::env::{ENV, from_env, from_lookup};
pub use self::hold::{Hold, HoldStats};
pub use self::rate::RateLimit;
pub use self::tail::Tail;
use crate::{TraceContext, TraceId};

/// Decides which spans are recorded.
///
/// Asked once for each server's call, for each client's call outside of any, and for each span of a
/// [`SpanLayer`](crate::SpanLayer) outside of any call; whatever is below shares the decision, so that
/// a trace has no holes within one service. It must not panic, block or wait.
///
/// ```
/// use gusset_trace::sample::{Decision, Sampler, Sampling};
/// use gusset_trace::Trace;
///
/// /// Leaves out what a probe asks for.
/// struct NoProbes;
///
/// impl Sampler for NoProbes {
///     fn sample(&self, call: &Sampling<'_>) -> Decision {
///         match call.request.map(|req| req.uri.path()) {
///             Some("/livez" | "/readyz") => Decision::Drop,
///             _ => Decision::Sample,
///         }
///     }
/// }
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let trace = Trace::server().sampler(NoProbes).build()?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` samples nothing",
    note = "implement `gusset_trace::sample::Sampler` for it"
)]
pub trait Sampler: Send + Sync + 'static {
    /// The decision on a call that begins.
    fn sample(&self, call: &Sampling<'_>) -> Decision;

    /// Whether a call that was [kept aside](Decision::Record) is exported after all. Called at its end.
    fn keep(&self, _ended: &Ended) -> bool {
        false
    }
}

/// What a sampler knows of a call that begins.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sampling<'a> {
    /// Where the call comes from; `None` for the first of a trace.
    pub parent: Option<&'a TraceContext>,
    /// The trace that it belongs to.
    pub trace_id: TraceId,
    /// The request's head; `None` for a span that is no call.
    pub request: Option<RequestHead<'a>>,
    /// When it begins, by the clock of the call.
    pub now: Instant,
}

/// How a call ended that was kept aside.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Ended {
    /// What the end is called.
    pub outcome: Option<Outcome>,
    /// OpenTelemetry's `error.type`.
    pub error: Option<StaticStr>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What becomes of a call's spans.
#[derive(Debug)]
#[non_exhaustive]
pub enum Decision {
    /// They are not put together. The sampled flag is not sent on.
    Drop,
    /// They are kept aside until the call's end, when [`Sampler::keep`] is asked. The sampled flag is
    /// not sent on: other services cannot wait for it. A span that is no call has no end to wait for,
    /// and is dropped.
    Record(Hold),
    /// They are exported. The sampled flag is sent on.
    Sample,
}

// === impl Sampling ===

impl<'a> Sampling<'a> {
    /// A span that is no call, or one whose request is not known.
    ///
    /// ```
    /// use gusset_trace::sample::{Decision, Ratio, Sampler, Sampling};
    /// use gusset_trace::TraceId;
    ///
    /// # let now = gusset_core::Clock::system().now();
    /// let half = Ratio::new(0.5);
    /// let low = TraceId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0]).expect("not zero");
    /// assert!(matches!(half.sample(&Sampling::new(None, low, now)), Decision::Drop));
    /// ```
    pub fn new(parent: Option<&'a TraceContext>, trace_id: TraceId, now: Instant) -> Self {
        Self {
            parent,
            trace_id,
            request: None,
            now,
        }
    }
}
