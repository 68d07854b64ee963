//! The bulkhead: so many calls at once, and no more.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use gusset_core::{Admission, CallContext, CallObserver, Clock, End, Protocol, Rejected};

use crate::ConfigError;
use crate::sync::{AtomicUsize, Ordering};

/// Admits so many calls at once, and refuses all others: a service that hangs then holds no more of
/// one's own memory and connections than that. A breaker hears only of calls that end.
///
/// A place is taken in `call` and given back at the call's true end, however it ends. A handle:
/// clones share the places.
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

/// A place in a [`Bulkhead`], given back when it is dropped.
#[derive(Debug)]
#[must_use = "a place that is dropped is given back"]
pub struct Place(Arc<Shared>);

/// All places of the bulkhead are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Full(Rejected);

#[derive(Debug)]
struct Shared {
    name: Arc<str>,
    limit: AtomicUsize,
    taken: AtomicUsize,
}

// === impl Bulkhead ===

impl Bulkhead {
    /// A bulkhead of that name, with so many places.
    ///
    /// # Errors
    /// Names `limit` if it is zero: nobody would ever be admitted.
    pub fn new(name: impl Into<Arc<str>>, limit: usize) -> Result<Self, ConfigError> {
        let shared = Shared {
            name: name.into(),
            limit: AtomicUsize::new(check(limit)?),
            taken: AtomicUsize::new(0),
        };
        Ok(Self(Arc::new(shared)))
    }

    /// A place, if one is free.
    ///
    /// # Errors
    /// [`Full`], if none is.
    pub fn try_acquire(&self) -> Result<Place, Full> {
        let Shared { name, limit, taken } = &*self.0;
        let limit = limit.load(Ordering::Relaxed);
        let took = taken.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |taken| {
            (taken < limit).then_some(taken + 1)
        });
        match took {
            Ok(_) => Ok(Place(self.0.clone())),
            Err(_) => Err(Full(Rejected::from_arc(name.clone()))),
        }
    }

    /// Changes the number of places, and waits for nobody: if more are taken, none is given out
    /// until enough are back.
    ///
    /// # Errors
    /// Names `limit` if it is zero.
    pub fn set_limit(&self, limit: usize) -> Result<(), ConfigError> {
        self.0.limit.store(check(limit)?, Ordering::Relaxed);
        Ok(())
    }

    /// The number of places.
    pub fn limit(&self) -> usize {
        self.0.limit.load(Ordering::Relaxed)
    }

    /// How many are taken.
    pub fn in_flight(&self) -> usize {
        self.0.taken.load(Ordering::Relaxed)
    }
}

fn check(limit: usize) -> Result<usize, ConfigError> {
    if limit == 0 {
        return Err(ConfigError::new("limit", "is zero"));
    }
    Ok(limit)
}

impl<P: Protocol> Admission<P> for Bulkhead {
    type Permit = Place;
    type Rejection = Full;

    fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<Place, Full> {
        self.try_acquire()
    }

    fn is_closed(&self, _: &Clock) -> bool {
        self.in_flight() >= self.limit()
    }

    fn reject(&self, _: P::Request<'_>, _: &mut CallContext) -> Option<Full> {
        Some(Full(Rejected::from_arc(self.0.name.clone())))
    }
}

// === impl Place ===

impl<P: Protocol> CallObserver<P> for Place {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

// === impl Full ===

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("as many calls as may be are under way")
    }
}

impl Error for Full {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
