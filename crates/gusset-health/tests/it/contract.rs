//! The contracts of observers and admissions.

use gusset_health::{Health, PassiveCheck, StartupGate};
use gusset_testkit::{admission_contract, observer_contract};

observer_contract!(
    in_flight_keeps_the_contract,
    Health::builder().build().unwrap().in_flight()
);
observer_contract!(
    passive_check_keeps_the_contract,
    PassiveCheck::new("orders")
);

fn gate(is_started: bool) -> StartupGate {
    let health = Health::builder().build().unwrap();
    if is_started {
        health.lifecycle().mark_started();
    }
    health.startup_gate()
}

admission_contract!(
    startup_gate_keeps_the_contract,
    admits: gate(true),
    rejects: gate(false),
);
