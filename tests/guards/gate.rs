//! A guard that is open or closed.

use std::time::Duration;

use gusset_core::{Clock, Cx, Guard, GuardLayer, ObserveLayer, Observer, Refused};
use gusset_http::{Http, RequestHead};
use gusset_testkit::{Witness, WitnessCall};

/// A guard that is open or closed, and keeps what its permits hear.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) permits: Witness,
    open: bool,
}

impl Gate {
    pub(crate) fn open() -> Self {
        Self {
            permits: Witness::new(),
            open: true,
        }
    }

    pub(crate) fn closed() -> Self {
        Self {
            permits: Witness::new(),
            open: false,
        }
    }

    /// The layer of this guard. Its clock stands still, so that facts can be compared whole.
    pub(crate) fn layer(&self) -> GuardLayer<Http, Self> {
        GuardLayer::new(self.clone()).with_clock(Clock::manual().0)
    }
}

impl Guard<Http> for Gate {
    type Permit = WitnessCall;
    type Refusal = Refused;

    fn admit(&self, req: RequestHead<'_>, cx: &mut Cx) -> Result<WitnessCall, Refused> {
        if self.open {
            return Ok(Observer::<Http>::start(&self.permits, req, cx));
        }
        Err(Refused::new("gate").with_retry_after(Duration::from_millis(1500)))
    }
}

/// An observer to stand outside of a guard, by a clock that stands still.
pub(crate) fn outside(witness: &Witness) -> ObserveLayer<Http, Witness> {
    ObserveLayer::new(witness.clone()).with_clock(Clock::manual().0)
}
