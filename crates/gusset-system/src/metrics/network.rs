//! The metrics of the network namespace.

use gusset_data::semconv::{
    NETWORK_CONNECTION_STATE, NETWORK_INTERFACE_NAME, NETWORK_IO_DIRECTION, NETWORK_TRANSPORT,
    SYSTEM_DEVICE,
};
use gusset_data::{MetricDescriptor, SharedStr};

use super::points::Points;
use crate::{Network, Traffic, names};

pub(super) fn add(points: &mut Points, network: &Network) {
    let mut of_interfaces =
        |metric: &MetricDescriptor, label: &'static str, value: fn(&Traffic) -> Option<u64>| {
            let interfaces = network.interfaces.iter().flatten();
            let values = interfaces.flat_map(|it| {
                let directions = [("receive", &it.received), ("transmit", &it.sent)];
                directions.map(|(direction, traffic)| {
                    let labels = [
                        (label, it.name.clone()),
                        (NETWORK_IO_DIRECTION, SharedStr::from_static(direction)),
                    ];
                    (labels, value(traffic))
                })
            });
            points.add_all(metric, values);
        };
    of_interfaces(&names::SYSTEM_NETWORK_IO, NETWORK_INTERFACE_NAME, |it| {
        it.bytes
    });
    of_interfaces(&names::SYSTEM_NETWORK_PACKETS, SYSTEM_DEVICE, |it| {
        it.packets
    });
    of_interfaces(
        &names::SYSTEM_NETWORK_ERRORS,
        NETWORK_INTERFACE_NAME,
        |it| it.errors,
    );
    of_interfaces(
        &names::SYSTEM_NETWORK_DROPPED,
        NETWORK_INTERFACE_NAME,
        |it| it.dropped,
    );

    let (sockets, tcp) = (&network.sockets, &network.tcp);
    let states = [
        ("established", tcp.established),
        ("time_wait", sockets.tcp_time_wait),
    ];
    let connections = states.map(|(state, count)| {
        let labels = [
            (NETWORK_CONNECTION_STATE, SharedStr::from_static(state)),
            (NETWORK_TRANSPORT, SharedStr::from_static("tcp")),
        ];
        (labels, count)
    });
    points.add_all(&names::SYSTEM_NETWORK_CONNECTIONS, connections);
    let states = [
        ("in_use", sockets.tcp_in_use),
        ("time_wait", sockets.tcp_time_wait),
        ("orphan", sockets.tcp_orphans),
        ("allocated", sockets.tcp_allocated),
    ];
    points.add_by(&names::TCP_SOCKETS, names::GUSSET_SOCKET_STATE, states);
    points.add(&names::TCP_MEMORY, sockets.tcp_memory);
    let ports = network.port_range.map(|range| u64::from(range.size()));
    points.add(&names::TCP_PORTS, ports);
    let segments = [
        ("received", tcp.segments_received),
        ("sent", tcp.segments_sent),
        ("retransmitted", tcp.segments_retransmitted),
    ];
    points.add_by(&names::TCP_SEGMENTS, names::GUSSET_SEGMENT_KIND, segments);
    points.add(&names::TCP_LISTEN_OVERFLOWS, tcp.listen_overflows);
    points.add(&names::TCP_LISTEN_DROPS, tcp.listen_drops);
    points.add(&names::TCP_TIMEOUTS, tcp.timeouts);
    points.add(&names::TCP_ATTEMPT_FAILS, tcp.attempt_fails);
    points.add(&names::TRACKED_CONNECTIONS, network.tracked_connections);
    points.add(
        &names::TRACKED_CONNECTIONS_LIMIT,
        network.tracked_connections_limit,
    );
}
