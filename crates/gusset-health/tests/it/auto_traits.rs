//! The types that are `Send` and `Sync`.

use gusset_health::{
    Check, CheckResult, ConfigError, ConnectionDrain, ConnectionDrainFuture, ConnectionDrainLayer,
    Health, HealthBuilder, HealthRuntime, Heartbeat, InFlight, InFlightCall, Lifecycle, Probe,
    ShutdownReport, StartError, StartupGate,
};

fn assert_send<T: Send>() {}
fn assert_send_sync<T: Send + Sync>() {}

#[test]
fn public_types_are_send_and_sync() {
    assert_send_sync::<Check>();
    assert_send_sync::<ConfigError>();
    assert_send_sync::<ConnectionDrain<()>>();
    assert_send_sync::<ConnectionDrainFuture<()>>();
    assert_send_sync::<ConnectionDrainLayer>();
    assert_send_sync::<ShutdownReport<()>>();
    assert_send_sync::<Health>();
    assert_send::<HealthBuilder>();
    assert_send_sync::<Heartbeat>();
    assert_send_sync::<InFlight>();
    assert_send_sync::<InFlightCall>();
    assert_send_sync::<Lifecycle>();
    assert_send_sync::<Probe>();
    assert_send_sync::<CheckResult>();
    assert_send_sync::<HealthRuntime>();
    assert_send_sync::<StartError>();
    assert_send_sync::<StartupGate>();
}
