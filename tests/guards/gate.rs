//! A guard that is open or closed.

use std::time::Duration;

use gusset_core::{
    Admission, AdmissionLayer, CallContext, Clock, ObserveLayer, Observer, Rejected,
};
use gusset_http::{Http, RequestHead};
use gusset_testkit::{RecordingObserver, RecordingObserverCall};

/// A guard that is open or closed, and keeps what its permits hear.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) permits: RecordingObserver,
    open: bool,
}

impl Gate {
    pub(crate) fn open() -> Self {
        Self {
            permits: RecordingObserver::new(),
            open: true,
        }
    }

    pub(crate) fn closed() -> Self {
        Self {
            permits: RecordingObserver::new(),
            open: false,
        }
    }

    /// The layer of this guard. Its clock stands still, so that facts can be compared whole.
    pub(crate) fn layer(&self) -> AdmissionLayer<Http, Self> {
        AdmissionLayer::new(self.clone()).with_clock(Clock::manual().0)
    }
}

impl Admission<Http> for Gate {
    type Permit = RecordingObserverCall;
    type Rejection = Rejected;

    fn admit(
        &self,
        req: RequestHead<'_>,
        cx: &mut CallContext,
    ) -> Result<RecordingObserverCall, Rejected> {
        if self.open {
            return Ok(Observer::<Http>::start(&self.permits, req, cx));
        }
        Err(Rejected::new("gate").with_retry_after(Duration::from_millis(1500)))
    }
}

/// An observer to stand outside of a guard, by a clock that stands still.
pub(crate) fn outside(witness: &RecordingObserver) -> ObserveLayer<Http, RecordingObserver> {
    ObserveLayer::new(witness.clone()).with_clock(Clock::manual().0)
}
