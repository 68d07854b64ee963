//! The kit finds breaches of the contract.

use std::fmt;

use gusset_core::{Admission, CallContext, CallObserver, End, Observer, Protocol, Rejected};
use gusset_testkit::{RecordingObserver, admission_contract, contract, observer_contract};

observer_contract!(
    recording_observer_keeps_the_contract,
    RecordingObserver::new()
);
observer_contract!(unit_observer_keeps_the_contract, ());

/// Panics in one hook.
#[derive(Clone, Copy, PartialEq)]
enum Careless {
    Start,
    Exit,
    Response,
    Data,
    Cancelled,
}

impl<P: Protocol> Observer<P> for Careless {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        assert!(*self != Self::Start, "careless");
        *self
    }
}

impl<P: Protocol> CallObserver<P> for Careless {
    fn exit(&mut self) {
        assert!(*self != Self::Exit, "careless");
    }

    fn on_response(&mut self, _: P::Response<'_>, _: &CallContext) {
        assert!(*self != Self::Response, "careless");
    }

    fn on_data(&mut self, _: usize, _: &CallContext) {
        assert!(*self != Self::Data, "careless");
    }

    fn on_end(self, end: End<'_, P>, _: &CallContext) {
        assert!(
            self != Self::Cancelled || !matches!(end, End::Cancelled(_)),
            "careless"
        );
    }
}

#[test]
fn observer_that_panics_is_found() {
    use Careless::{Cancelled, Data, Exit, Response, Start};
    for careless in [Start, Exit, Response, Data, Cancelled] {
        let found = std::panic::catch_unwind(|| contract::every_end_is_received(careless));
        assert!(found.is_err());
    }
}

struct Gate {
    open: bool,
}

#[derive(Debug)]
struct Unmarked;

impl fmt::Display for Unmarked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no")
    }
}

impl std::error::Error for Unmarked {}

impl<P: Protocol> Admission<P> for Gate {
    type Permit = ();
    type Rejection = Rejected;

    fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<(), Rejected> {
        if self.open {
            Ok(())
        } else {
            Err(Rejected::new("gate"))
        }
    }
}

admission_contract!(
    gate_keeps_the_contract,
    admits: Gate { open: true },
    rejects: Gate { open: false },
);

/// Rejects without the mark.
struct Silent;

impl<P: Protocol> Admission<P> for Silent {
    type Permit = ();
    type Rejection = Unmarked;

    fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<(), Unmarked> {
        Err(Unmarked)
    }
}

#[test]
#[should_panic(expected = "`source()` chain")]
fn rejection_without_the_mark_is_found() {
    contract::rejections_are_marked(Silent);
}

#[test]
#[should_panic(expected = "the policy admits")]
fn policy_that_wrongly_rejects_is_found() {
    contract::permits_receive_every_end(Gate { open: false });
}

#[test]
#[should_panic(expected = "does not touch the service")]
fn policy_that_wrongly_admits_is_found() {
    contract::rejections_are_marked(Gate { open: true });
}
