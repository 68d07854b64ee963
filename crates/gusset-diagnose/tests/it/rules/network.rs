//! Rules of the network.

use super::levels;
use crate::support::{Pair, ids, is_found};

#[test]
fn network_has_thresholds() {
    levels("network.retransmits", [0.009, 0.011, 0.051], |it, share| {
        it.network.tcp.segments_retransmitted = Some((20_000.0 * share) as u64);
    });
    levels("network.time_wait", [0.49, 0.51, 0.81], |it, share| {
        it.network.sockets.tcp_time_wait = Some((28_232.0 * share) as u64);
    });
    levels("network.tracking", [0.74, 0.76, 0.91], |it, share| {
        it.network.tracked_connections = Some((100_000.0 * share) as u64);
    });
    levels("network.accept_queue", [0.0, 0.1, 10.0], |it, rate| {
        it.network.tcp.listen_overflows = Some((10.0 * rate) as u64);
    });
    levels("network.errors", [0.009, 0.011, 0.051], |it, share| {
        let interface = &mut it.network.interfaces.as_mut().unwrap()[0];
        interface.received.errors = Some((40_000.0 * share) as u64);
    });
    let few = Pair::with(|it| {
        it.network.tcp.segments_sent = Some(100);
        it.network.tcp.segments_retransmitted = Some(50);
    });
    assert!(!is_found(&few, "network.retransmits"));
}

#[test]
fn failed_connections_without_a_port_are_critical() {
    let diagnosis = Pair::with(|it| {
        let dependency = &mut it.service.dependencies.as_mut().unwrap()[0];
        dependency.address_not_available = Some(1);
        dependency.errors = Some(900);
        it.network.sockets.tcp_time_wait = Some(27_000);
    });
    assert_eq!(
        ids(&diagnosis),
        ["network.no_ports"],
        "the others follow from it"
    );
    assert_eq!(diagnosis.findings[0].subject.as_deref(), Some("payments"));
}
