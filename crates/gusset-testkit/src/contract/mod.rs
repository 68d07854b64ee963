//! The contract of observers and guards, as a kit that every implementation has to pass.
//!
//! [`observer_contract!`](crate::observer_contract) and [`guard_contract!`](crate::guard_contract)
//! make a test of each rule; the functions behind them can be called by themselves.

mod guard;
mod observer;
mod scenario;

pub use guard::{permits_hear_every_end, refusals_bear_the_mark};
pub use observer::{
    calls_may_interleave, calls_may_move_between_threads, every_end_is_heard,
    hostile_requests_do_no_harm, scope_passes_on_what_the_service_does,
};

/// Tests of an observer of HTTP against its contract: one for each rule.
///
/// ```
/// use gusset_core::{CallObserver, CallContext, End, Observer, Protocol};
///
/// struct Print;
///
/// impl<P: Protocol> Observer<P> for Print {
///     type Call = ();
///     fn start(&self, _: P::Request<'_>, _: &mut CallContext) {}
/// }
///
/// gusset_testkit::observer_contract!(print_keeps_the_contract, Print);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! observer_contract {
    ($module:ident, $observer:expr) => {
        mod $module {
            #[allow(unused_imports, reason = "the observer may be named in full")]
            use super::*;

            $crate::observer_contract!(@rules $observer;
                every_end_is_heard
                scope_passes_on_what_the_service_does
                calls_may_interleave
                calls_may_move_between_threads
                hostile_requests_do_no_harm
            );
        }
    };
    (@rules $observer:expr; $($rule:ident)*) => {
        $(#[test]
        fn $rule() {
            $crate::contract::$rule($observer);
        })*
    };
}

/// Tests of a guard of HTTP against its contract: one for each rule. The first guard admits, the
/// second refuses.
///
/// ```
/// use gusset_core::{CallObserver, CallContext, End, Admission, Protocol, Rejected};
///
/// struct Gate { open: bool }
/// struct Pass;
///
/// impl<P: Protocol> Admission<P> for Gate {
///     type Permit = Pass;
///     type Rejection = Rejected;
///     fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<Pass, Rejected> {
///         if self.open { Ok(Pass) } else { Err(Rejected::new("gate")) }
///     }
/// }
///
/// impl<P: Protocol> CallObserver<P> for Pass {
///     fn on_end(self, _: End<'_, P>, _: &CallContext) {}
/// }
///
/// gusset_testkit::guard_contract!(
///     the_gate_keeps_the_contract,
///     admits: Gate { open: true },
///     refuses: Gate { open: false },
/// );
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! guard_contract {
    ($module:ident, admits: $admits:expr, refuses: $refuses:expr $(,)?) => {
        mod $module {
            #[allow(unused_imports, reason = "the guard may be named in full")]
            use super::*;

            #[test]
            fn permits_hear_every_end() {
                $crate::contract::permits_hear_every_end($admits);
            }

            #[test]
            fn refusals_bear_the_mark() {
                $crate::contract::refusals_bear_the_mark($refuses);
            }
        }
    };
}
