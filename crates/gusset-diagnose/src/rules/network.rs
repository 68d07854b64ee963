//! The network, as far as this host sees it.

use super::{Inputs, RuleResult, Signs, number, ratio};
use crate::EvidenceUnit::{Count, PerSecond, Share};
use crate::{Area, Evidence, FindingKind, Scope, Severity, Stage};

pub(crate) static RETRANSMITS: FindingKind = FindingKind {
    id: "network.retransmits",
    area: Area::Network,
    stage: Stage::Saturation,
    conclusion: "Many TCP segments are sent again: packets are lost on the way, or a peer is overloaded.",
    advice: "`ss -ti` shows to which peers. Compare with other hosts on the same network.",
};

pub(crate) static ERRORS: FindingKind = FindingKind {
    id: "network.errors",
    area: Area::Network,
    stage: Stage::Errors,
    conclusion: "A network interface has errors.",
    advice: "`ip -s -s link` shows which ones. Cable, network card, driver or the virtual switch is broken.",
};

pub(crate) static ACCEPT_QUEUE: FindingKind = FindingKind {
    id: "network.accept_queue",
    area: Area::Network,
    stage: Stage::Errors,
    conclusion: "Connections of clients are dropped, because the accept queue is full.",
    advice: "The accept loop is too slow or the backlog too short: look at the runtime first, then raise the backlog and \
             `net.core.somaxconn`, or run more instances.",
};

pub(crate) static TIME_WAIT: FindingKind = FindingKind {
    id: "network.time_wait",
    area: Area::Network,
    stage: Stage::Saturation,
    conclusion: "Most ephemeral ports are in TIME_WAIT: the service opens a new connection for each call.",
    advice: "Keep connections open: one client with a pool for the process, and `keep-alive`. Only then consider \
             `net.ipv4.tcp_tw_reuse` or a wider `ip_local_port_range`.",
};

pub(crate) static NO_PORTS: FindingKind = FindingKind {
    id: "network.no_ports",
    area: Area::Network,
    stage: Stage::Errors,
    conclusion: "Calls fail because no local port is left for a new connection.",
    advice: "Keep connections open: one client with a pool for the process. A restart frees the ports for a while.",
};

pub(crate) static TRACKING: FindingKind = FindingKind {
    id: "network.tracking",
    area: Area::Network,
    stage: Stage::Saturation,
    conclusion: "The packet filter can track few more connections: beyond its limit it drops packets.",
    advice: "Raise `net.netfilter.nf_conntrack_max`, and keep connections open instead of opening new ones.",
};

/// The segments that have to be sent in the interval, for a share of them to mean anything.
const MIN_SEGMENTS: f64 = 1000.0;
/// The same for packets.
const MIN_PACKETS: f64 = 1000.0;

pub(super) fn retransmits(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.retransmits;
    let sent = inputs.increase(|it| it.network.tcp.segments_sent);
    let again = inputs.increase(|it| it.network.tcp.segments_retransmitted);
    let share = sent
        .zip(again)
        .map(|(sent, again)| match sent < MIN_SEGMENTS {
            true => 0.0,
            false => again / sent,
        });
    RuleResult::at_levels(share, levels, Scope::Network, |value| {
        let about = "TCP segments that were sent again";
        Evidence::new("gusset.tcp.segments", about, value, levels.warning, Share)
    })
}

pub(super) fn errors(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.network_errors;
    let interfaces = inputs.now.network.interfaces.iter().flatten();
    RuleResult::worst(interfaces.map(|now| {
        let mut before = inputs.previous.network.interfaces.iter().flatten();
        let before = before.find(|it| it.name == now.name);
        let share = before.zip(inputs.interval).and_then(|(before, interval)| {
            let both = |read: fn(&gusset_system::Traffic) -> Option<u64>| {
                let received = interval.increase(read(&before.received), read(&now.received))?;
                Some(number(
                    received + interval.increase(read(&before.sent), read(&now.sent))?,
                ))
            };
            let packets = both(|it| it.packets)?;
            let errors = both(|it| it.errors)?;
            Some(if packets < MIN_PACKETS {
                0.0
            } else {
                errors / packets
            })
        });
        let result = RuleResult::at_levels(share, levels, Scope::Network, |value| {
            let about = "packets with errors";
            Evidence::new("system.network.errors", about, value, levels.warning, Share)
        });
        result.about(&now.name)
    }))
}

pub(super) fn accept_queue(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.dropped_connections;
    let overflows = inputs.rate(|it| it.network.tcp.listen_overflows);
    let drops = inputs.rate(|it| it.network.tcp.listen_drops);
    // An overflow is a drop too.
    let dropped = match (overflows, drops) {
        (Some(overflows), Some(drops)) => Some(overflows.max(drops)),
        (one, other) => one.or(other),
    };
    RuleResult::at_levels(dropped, levels, Scope::Network, |value| {
        let about = "connections of clients that were dropped";
        let metric = "gusset.tcp.listen.overflows";
        Evidence::new(metric, about, value, levels.warning, PerSecond)
    })
}

pub(super) fn time_wait(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.time_wait;
    let network = &inputs.now.network;
    let sockets = network.sockets.tcp_time_wait.zip(network.port_range);
    let share =
        sockets.and_then(|(sockets, ports)| ratio(number(sockets), f64::from(ports.size())));
    RuleResult::at_levels(share, levels, Scope::Network, |value| {
        let about = "sockets in TIME_WAIT, of the ephemeral ports";
        Evidence::new("gusset.tcp.sockets", about, value, levels.warning, Share)
    })
}

pub(super) fn no_ports(inputs: &Inputs<'_>) -> RuleResult {
    let Some(dependencies) = &inputs.now.service.dependencies else {
        return RuleResult::Unknown;
    };
    RuleResult::worst(dependencies.iter().map(|now| {
        let mut before = inputs.previous.service.dependencies.iter().flatten();
        let before = before.find(|it| it.name == now.name);
        // A dependency that is new has counted from zero.
        let before = before.map_or(Some(0), |it| it.address_not_available);
        let increase = inputs
            .interval
            .and_then(|interval| interval.increase(before, now.address_not_available));
        let Some(failed) = increase.map(number) else {
            return RuleResult::Unknown;
        };
        if failed < 1.0 {
            return RuleResult::Cleared;
        }
        let about = "calls without a local port (EADDRNOTAVAIL)";
        let metric = "http.client.request.duration";
        let evidence = Evidence::new(metric, about, failed, 1.0, Count);
        RuleResult::Found(Signs::new(Severity::Critical, Scope::Network, evidence)).about(&now.name)
    }))
}

pub(super) fn tracking(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.tracked_connections;
    let network = &inputs.now.network;
    let tracked = network
        .tracked_connections
        .zip(network.tracked_connections_limit);
    let share = tracked.and_then(|(tracked, limit)| ratio(number(tracked), number(limit)));
    RuleResult::at_levels(share, levels, Scope::Network, |value| {
        let about = "tracked connections of the limit";
        let metric = "gusset.system.tracked_connections";
        Evidence::new(metric, about, value, levels.warning, Share)
    })
}
