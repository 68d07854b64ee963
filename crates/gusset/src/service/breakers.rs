//! The breakers of a service by their names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gusset_breaker::CircuitBreaker;
#[cfg(any(feature = "ops", all(unix, feature = "incident")))]
use gusset_data::{ShowState, StateTree};

/// Those that the service has made until now.
pub(super) type Breakers = Arc<Mutex<BTreeMap<String, CircuitBreaker>>>;

/// Returns what shows their states.
#[cfg(any(feature = "ops", all(unix, feature = "incident")))]
pub(super) fn shown(breakers: &Breakers) -> impl ShowState + use<> {
    let breakers = Arc::clone(breakers);
    move || {
        let breakers = super::serve::lock(&breakers).clone();
        let states = breakers.into_iter();
        StateTree::fields(states.map(|(name, breaker)| (name, breaker.show_state())))
    }
}
