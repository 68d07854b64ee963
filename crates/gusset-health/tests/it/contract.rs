//! What looks at calls keeps the contract of observers, and what refuses them that of guards.

use gusset_health::{Health, PassiveCheck, StartupGate};
use gusset_testkit::{guard_contract, observer_contract};

observer_contract!(
    the_count_of_calls_under_way_keeps_the_contract,
    Health::builder().build().unwrap().in_flight()
);
observer_contract!(
    passive_health_keeps_the_contract,
    PassiveCheck::new("orders")
);

/// Of a service that has started, or has not.
fn guard(started: bool) -> StartupGate {
    let health = Health::builder().build().unwrap();
    if started {
        health.lifecycle().mark_started();
    }
    health.startup_gate()
}

guard_contract!(
    a_service_that_starts_keeps_the_contract,
    admits: guard(true),
    refuses: guard(false),
);
