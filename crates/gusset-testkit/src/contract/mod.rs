//! The contract of observers and admission policies, as tests for every implementation.
//!
//! [`observer_contract!`](crate::observer_contract) and [`admission_contract!`](crate::admission_contract)
//! make a test of each rule; the functions behind them can be called directly.

mod admission;
mod observer;
mod scenario;

pub use admission::{permits_receive_every_end, rejections_are_marked};
pub use observer::{
    calls_may_interleave, calls_may_move_between_threads, every_end_is_received,
    hostile_requests_do_no_harm, polls_leave_the_thread_as_it_was,
};

/// Tests an observer of HTTP against the contract: one test for each rule.
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
                every_end_is_received
                polls_leave_the_thread_as_it_was
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

/// Tests an admission policy for HTTP against the contract: one test for each rule. The first value
/// admits, the second rejects.
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
/// gusset_testkit::admission_contract!(
///     gate_keeps_the_contract,
///     admits: Gate { open: true },
///     rejects: Gate { open: false },
/// );
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! admission_contract {
    ($module:ident, admits: $admits:expr, rejects: $rejects:expr $(,)?) => {
        mod $module {
            #[allow(unused_imports, reason = "the policy may be named in full")]
            use super::*;

            #[test]
            fn permits_receive_every_end() {
                $crate::contract::permits_receive_every_end($admits);
            }

            #[test]
            fn rejections_are_marked() {
                $crate::contract::rejections_are_marked($rejects);
            }
        }
    };
}
