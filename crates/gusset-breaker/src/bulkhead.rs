//! A bulkhead: a limit on the number of concurrent calls.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use gusset_core::{
    Admission, CallContext, CallObserver, Clock, End, PanicCounter, Protocol, Rejected,
};

use crate::metrics::BulkheadMetrics;
#[allow(unused_imports, reason = "for the documentation")]
use crate::names;
use crate::shared::report_panic;
use crate::sync::{AtomicUsize, Ordering};
use crate::{ConfigError, SharedRecorder};

/// Admits a limited number of concurrent calls, and rejects the others.
///
/// A breaker only counts calls that complete. A bulkhead also limits the memory and the connections
/// that a hanging service occupies. A permit is taken in `call` and returned when the call completes.
/// Clones share the permits.
///
/// ```
/// use gusset_breaker::bulkhead::Bulkhead;
/// use gusset_core::{AdmissionLayer, RequestResponse};
///
/// let bulkhead = Bulkhead::new("stock", 25)?;
/// let layer = AdmissionLayer::<RequestResponse<u32, String>, _>::new(bulkhead.clone());
/// assert_eq!(bulkhead.in_flight(), 0);
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bulkhead(Arc<Shared>);

/// A permit of a [`Bulkhead`], returned on drop.
#[derive(Debug)]
#[must_use = "a permit is returned when it is dropped"]
pub struct BulkheadPermit(Arc<Shared>);

/// All permits of the bulkhead are in use. The service was not called.
#[derive(Clone, PartialEq, Eq)]
pub struct BulkheadFull(Rejected);

#[derive(Debug)]
struct Shared {
    name: Arc<str>,
    limit: AtomicUsize,
    in_flight: AtomicUsize,
    metrics: Option<BulkheadMetrics>,
    dry_run: bool,
    /// The panics of the user's functions: the recorder, the response to a rejection.
    panics: PanicCounter,
}

/// Configures a [`Bulkhead`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct BulkheadBuilder {
    name: Arc<str>,
    limit: usize,
    recorder: Option<SharedRecorder>,
    dry_run: bool,
}

// === impl Bulkhead ===

impl Bulkhead {
    /// Creates a bulkhead with this number of permits.
    ///
    /// # Errors
    /// `limit` is zero.
    pub fn new(name: impl Into<Arc<str>>, limit: usize) -> Result<Self, ConfigError> {
        Self::builder(name, limit).build()
    }

    /// Configures a bulkhead with this number of permits.
    pub fn builder(name: impl Into<Arc<str>>, limit: usize) -> BulkheadBuilder {
        BulkheadBuilder {
            name: name.into(),
            limit,
            recorder: None,
            dry_run: false,
        }
    }

    /// Acquires a permit, if one is free.
    ///
    /// # Errors
    /// [`BulkheadFull`] if none is free.
    pub fn try_acquire(&self) -> Result<BulkheadPermit, BulkheadFull> {
        let Shared {
            name,
            limit,
            in_flight,
            dry_run,
            metrics: _,
            panics: _,
        } = &*self.0;
        let limit = limit.load(Ordering::Relaxed);
        // AcqRel: a call sees the effects of the calls that have returned their permits.
        let acquired = in_flight.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |in_flight| {
            (in_flight < limit || *dry_run).then_some(in_flight + 1)
        });
        match acquired {
            Ok(previous) => {
                let permit = BulkheadPermit(self.0.clone());
                self.0.measure(|metrics| {
                    metrics.in_flight.increment(1.0);
                    if previous >= limit {
                        metrics.suppressed_rejections.increment(1);
                    }
                });
                Ok(permit)
            }
            Err(_) => {
                self.0
                    .measure(|metrics| metrics.rejected_calls.increment(1));
                Err(BulkheadFull(Rejected::from_arc(name.clone())))
            }
        }
    }

    /// Changes the number of permits.
    ///
    /// Calls in progress keep their permits. If more are in use, none is issued until enough are
    /// returned.
    ///
    /// # Errors
    /// `limit` is zero.
    pub fn set_limit(&self, limit: usize) -> Result<(), ConfigError> {
        self.0.limit.store(check_limit(limit)?, Ordering::Relaxed);
        self.0.measure(|metrics| metrics.limit.set(limit as f64));
        Ok(())
    }

    /// Returns the number of permits.
    pub fn limit(&self) -> usize {
        self.0.limit.load(Ordering::Relaxed)
    }

    /// Returns the number of permits in use.
    pub fn in_flight(&self) -> usize {
        self.0.in_flight.load(Ordering::Relaxed)
    }

    /// Returns how often the recorder or the response to a rejection has panicked. A panic of the
    /// recorder does not reach the call.
    pub fn panics(&self) -> u64 {
        self.0.panics.count()
    }
}

// === impl Shared ===

impl Shared {
    /// Records metrics. The recorder is user code, also in the drop of a call that unwinds.
    fn measure(&self, record: impl FnOnce(&BulkheadMetrics)) {
        if let Some(metrics) = &self.metrics {
            let report = || report_panic(&self.name);
            let _ = self.panics.catch(|| record(metrics), report);
        }
    }
}

fn check_limit(limit: usize) -> Result<usize, ConfigError> {
    if limit == 0 {
        return Err(ConfigError::new("limit", "must not be zero"));
    }
    Ok(limit)
}

impl<P: Protocol> Admission<P> for Bulkhead {
    type Permit = BulkheadPermit;
    type Rejection = BulkheadFull;

    fn admit(
        &self,
        _: P::Request<'_>,
        _: &mut CallContext,
    ) -> Result<BulkheadPermit, BulkheadFull> {
        self.try_acquire()
    }

    fn is_closed(&self, _: &Clock) -> bool {
        !self.0.dry_run && self.in_flight() >= self.limit()
    }

    fn reject(&self, _: P::Request<'_>, _: &mut CallContext) -> Option<BulkheadFull> {
        self.0
            .measure(|metrics| metrics.rejected_calls.increment(1));
        Some(BulkheadFull(Rejected::from_arc(self.0.name.clone())))
    }

    fn on_respond_panic(&self) {
        self.0.panics.add(|| report_panic(&self.0.name));
    }
}

// === impl BulkheadBuilder ===

impl BulkheadBuilder {
    /// Sets the recorder for the metrics `gusset.bulkhead.*` in [`names`]. Defaults to none.
    pub fn metrics(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Admits every call, and only counts those that would have been rejected.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Builds the bulkhead.
    ///
    /// # Errors
    /// `limit` is zero.
    pub fn build(self) -> Result<Bulkhead, ConfigError> {
        let limit = check_limit(self.limit)?;
        let panics = PanicCounter::new();
        let metrics = self.recorder.and_then(|recorder| {
            let register = || BulkheadMetrics::new(&recorder, &self.name, limit);
            panics.catch(register, || report_panic(&self.name))
        });
        Ok(Bulkhead(Arc::new(Shared {
            name: self.name,
            limit: AtomicUsize::new(limit),
            in_flight: AtomicUsize::new(0),
            metrics,
            dry_run: self.dry_run,
            panics,
        })))
    }
}

impl fmt::Debug for BulkheadBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkheadBuilder")
            .field("name", &self.name)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

// === impl BulkheadPermit ===

impl<P: Protocol> CallObserver<P> for BulkheadPermit {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

impl Drop for BulkheadPermit {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
        self.0.measure(|metrics| metrics.in_flight.decrement(1.0));
    }
}

// === impl BulkheadFull ===

impl fmt::Display for BulkheadFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bulkhead is full")
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for BulkheadFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for BulkheadFull {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
