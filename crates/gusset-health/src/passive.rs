//! Health from the outcomes of real calls.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gusset_core::{CallContext, CallObserver, Clock, End, Observer, Outcome, Protocol};

use crate::{Check, ConfigError, Report};

/// How many slices a window has: it forgets by a tenth at a time.
const SLICES: usize = 10;

/// Health from the outcomes of real calls: an observer for a client's layer, or a server's, and the
/// [`Check`] that it makes.
///
/// Faults of the service count as bad, success and faults of the caller as good; callers that left
/// and calls that a guard refused say nothing. Few calls say nothing either: without traffic the
/// check is up, so what it takes out of traffic comes back when the window has passed.
///
/// | setting | unless set |
/// |---|---|
/// | [`window`](Self::window) | 30 s |
/// | [`least_calls`](Self::least_calls) in it, to say anything | 20 |
/// | [`degraded_at`](Self::degraded_at), share of bad calls | 0.1 |
/// | [`down_at`](Self::down_at), share of bad calls | 0.5 |
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_health::{Health, Passive, Shared};
/// use gusset_http::{Http, HttpClientClassifier};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let stock = Passive::new("stock-calls").down_at(0.8).least_calls(50);
/// let health = Health::builder().inform(Shared(stock.check()?)).build()?;
/// let around_the_client = ObserveLayer::<Http<HttpClientClassifier>, _>::new(stock);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "it counts nothing until a layer observes with it"]
pub struct Passive {
    name: std::borrow::Cow<'static, str>,
    clock: Clock,
    window: Duration,
    least_calls: u32,
    degraded_at: f64,
    down_at: f64,
    counts: Arc<Mutex<Counts>>,
}

/// A call that a [`Passive`] counts.
#[derive(Debug)]
pub struct PassiveCall(Passive);

/// The calls of the last slices.
#[derive(Debug, Default)]
struct Counts {
    origin: Option<Instant>,
    /// The number of the newest slice, from the origin.
    newest: u64,
    /// Good and bad calls, by number modulo their count.
    slices: [[u32; 2]; SLICES],
}

// === impl Passive ===

impl Passive {
    /// Counts nothing yet. Clones count together, unless they differ in their settings.
    pub fn new(name: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            clock: Clock::system(),
            window: Duration::from_secs(30),
            least_calls: 20,
            degraded_at: 0.1,
            down_at: 0.5,
            counts: Arc::default(),
        }
    }

    /// Sets for how long a call counts.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self.apart()
    }

    /// Sets how many calls it takes to say anything.
    pub fn least_calls(mut self, calls: u32) -> Self {
        self.least_calls = calls;
        self.apart()
    }

    /// Sets from what share of bad calls on it is degraded; 0 to 1.
    pub fn degraded_at(mut self, share: f64) -> Self {
        self.degraded_at = share;
        self.apart()
    }

    /// Sets from what share of bad calls on it is down; 0 to 1.
    pub fn down_at(mut self, share: f64) -> Self {
        self.down_at = share;
        self.apart()
    }

    /// Reads the time there.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self.apart()
    }

    /// The check that tells of these calls. It changes its mind as all checks do, so its rows may be
    /// set to one where the window is enough.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming the field at fault.
    pub fn check(&self) -> Result<Check, ConfigError> {
        let refuse = |field: &str, why| {
            let field = format!("passive.{}.{field}", self.name.escape_default());
            Err(ConfigError::new(field, why))
        };
        if self.window < Duration::from_secs(1) {
            return refuse("window", "it is shorter than a second");
        }
        if self.least_calls == 0 {
            return refuse("least_calls", "it is zero");
        }
        if !(self.down_at > 0.0 && self.down_at <= 1.0) {
            return refuse("down_at", "it is no share from above 0 to 1");
        }
        if !(self.degraded_at > 0.0 && self.degraded_at <= self.down_at) {
            return refuse("degraded_at", "it is no share from above 0 to `down_at`");
        }
        let this = self.clone();
        Ok(Check::state(self.name.clone(), move || this.report()))
    }

    fn report(&self) -> Report {
        let [good, bad] = self.counts(Counts::sum);
        let all = good + bad;
        let told = format!("{bad} of {all} calls failed");
        let share = f64::from(bad) / f64::from(all.max(1));
        if all < self.least_calls || share < self.degraded_at {
            Report::up().with_message(told)
        } else if share < self.down_at {
            Report::degraded(told)
        } else {
            Report::down(told)
        }
    }

    fn count(&self, bad: bool) {
        self.counts(|counts, slice| counts.add(slice, bad));
    }

    /// With the counts, and the number of the slice that is now.
    fn counts<R>(&self, then: impl FnOnce(&mut Counts, u64) -> R) -> R {
        let now = self.clock.now();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = *counts.origin.get_or_insert(now);
        let slice = (self.window.as_nanos() / SLICES as u128).max(1);
        let passed = now.saturating_duration_since(origin).as_nanos();
        then(&mut counts, (passed / slice) as u64)
    }

    /// Counts of its own, for settings of its own.
    fn apart(mut self) -> Self {
        self.counts = Arc::default();
        self
    }
}

impl<P: Protocol> Observer<P> for Passive {
    type Call = PassiveCall;

    #[inline]
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> PassiveCall {
        PassiveCall(self.clone())
    }
}

impl fmt::Debug for Passive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passive")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

// === impl PassiveCall ===

impl<P: Protocol> CallObserver<P> for PassiveCall {
    #[inline]
    fn on_end(self, _: End<'_, P>, cx: &CallContext) {
        match cx.outcome() {
            Some(Outcome::ServerError) => self.0.count(true),
            Some(Outcome::Success | Outcome::ClientError) => self.0.count(false),
            // Says nothing of the service.
            _ => {}
        }
    }
}

// === impl Counts ===

impl Counts {
    fn add(&mut self, slice: u64, bad: bool) {
        self.forget(slice);
        let counts = &mut self.slices[(slice % SLICES as u64) as usize][usize::from(bad)];
        *counts = counts.saturating_add(1);
    }

    fn sum(&mut self, slice: u64) -> [u32; 2] {
        self.forget(slice);
        self.slices.iter().fold([0, 0], |[good, bad], slice| {
            [good.saturating_add(slice[0]), bad.saturating_add(slice[1])]
        })
    }

    /// Empties what was passed over since the newest slice.
    fn forget(&mut self, slice: u64) {
        let passed = slice.saturating_sub(self.newest).min(SLICES as u64);
        for back in 0..passed {
            self.slices[((slice - back) % SLICES as u64) as usize] = [0, 0];
        }
        self.newest = self.newest.max(slice);
    }
}
