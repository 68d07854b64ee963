//! An admission that is open or closed.

use std::time::Duration;

use gusset_core::{
    Admission, AdmissionLayer, CallContext, Clock, ObserveLayer, Observer, Rejected,
};
use gusset_http::{Http, RequestHead};
use gusset_testkit::{RecordingObserver, RecordingObserverCall};

/// An admission that admits or rejects every call, and records the calls of its permits.
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

    /// Returns the layer. Its clock does not move, so that records can be compared.
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

/// Returns an observer layer with a clock that does not move, for the outside of an admission
/// layer.
pub(crate) fn outer_observer(
    recorder: &RecordingObserver,
) -> ObserveLayer<Http, RecordingObserver> {
    ObserveLayer::new(recorder.clone()).with_clock(Clock::manual().0)
}
