//! What may be sent and shared.

use gusset_health::{
    Check, CheckResult, ConfigError, ConnectionDrain, ConnectionDrainFuture, ConnectionDrainLayer,
    Health, HealthBuilder, HealthRuntime, Heartbeat, InFlight, InFlightCall, Lifecycle, Probe,
    ShutdownReport, StartError, StartupGate,
};

fn sent<T: Send>() {}
fn shared<T: Send + Sync>() {}

#[test]
fn all_of_it_is_sent_and_shared() {
    shared::<Check>();
    shared::<ConfigError>();
    shared::<ConnectionDrain<()>>();
    shared::<ConnectionDrainFuture<()>>();
    shared::<ConnectionDrainLayer>();
    shared::<ShutdownReport<()>>();
    shared::<Health>();
    sent::<HealthBuilder>();
    shared::<Heartbeat>();
    shared::<InFlight>();
    shared::<InFlightCall>();
    shared::<Lifecycle>();
    shared::<Probe>();
    shared::<Report>();
    shared::<HealthRuntime>();
    shared::<StartError>();
    shared::<StartupGate>();
}
