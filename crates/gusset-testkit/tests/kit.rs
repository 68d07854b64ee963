//! The kit finds what breaks the contract.

use std::fmt;

use gusset_core::{Admission, CallContext, CallObserver, End, Observer, Protocol, Rejected};
use gusset_testkit::{RecordingObserver, contract, guard_contract, observer_contract};

observer_contract!(a_witness_keeps_the_contract, RecordingObserver::new());
observer_contract!(no_observer_keeps_the_contract, ());

/// Panics where it is told to.
#[derive(Clone, Copy, PartialEq)]
enum Careless {
    Start,
    Scope,
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
    fn scope<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        let polled = poll();
        assert!(*self != Self::Scope, "careless");
        polled
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
fn an_observer_that_panics_anywhere_is_found() {
    use Careless::{Cancelled, Data, Response, Scope, Start};
    for careless in [Start, Scope, Response, Data, Cancelled] {
        let found = std::panic::catch_unwind(|| contract::every_end_is_heard(careless));
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

guard_contract!(
    a_gate_keeps_the_contract,
    admits: Gate { open: true },
    refuses: Gate { open: false },
);

/// Refuses without the mark.
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
fn a_refusal_without_the_mark_is_found() {
    contract::refusals_bear_the_mark(Silent);
}

#[test]
#[should_panic(expected = "the guard admits")]
fn a_guard_that_refuses_where_it_should_admit_is_found() {
    contract::permits_hear_every_end(Gate { open: false });
}

#[test]
#[should_panic(expected = "does not touch the service")]
fn a_guard_that_admits_where_it_should_refuse_is_found() {
    contract::refusals_bear_the_mark(Gate { open: true });
}
