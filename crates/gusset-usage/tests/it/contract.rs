//! The contract of observers.

use gusset_testkit::contract;

use crate::support::scene;

#[test]
fn usage_keeps_the_contract_of_observers() {
    let observer = || scene().usage.observer();
    contract::every_end_is_received(observer());
    contract::polls_leave_the_thread_as_it_was(observer());
    contract::calls_may_interleave(observer());
    contract::calls_may_move_between_threads(observer());
    contract::hostile_requests_do_no_harm(observer());
}
