//! What may be sent and shared.

use gusset_health::{
    Check, ConfigError, Drain, DrainFuture, DrainLayer, Farewell, Health, HealthBuilder, Heartbeat,
    InFlight, InFlightCall, Lifecycle, Probe, Report, Running, StartError, StartGuard,
};

fn sent<T: Send>() {}
fn shared<T: Send + Sync>() {}

#[test]
fn all_of_it_is_sent_and_shared() {
    shared::<Check>();
    shared::<ConfigError>();
    shared::<Drain<()>>();
    shared::<DrainFuture<()>>();
    shared::<DrainLayer>();
    shared::<Farewell<()>>();
    shared::<Health>();
    sent::<HealthBuilder>();
    shared::<Heartbeat>();
    shared::<InFlight>();
    shared::<InFlightCall>();
    shared::<Lifecycle>();
    shared::<Probe>();
    shared::<Report>();
    shared::<Running>();
    shared::<StartError>();
    shared::<StartGuard>();
}
