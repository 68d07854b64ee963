//! Readings of the network namespace.

use gusset_data::SharedStr;

/// Readings of the network namespace of the process: in Kubernetes that of the pod.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Network {
    /// The interfaces, at most [`MAX_DEVICES`](crate::MAX_DEVICES). Source: `/proc/net/dev`.
    pub interfaces: Option<Vec<Interface>>,
    /// The TCP sockets by state.
    pub sockets: Sockets,
    /// What TCP counts.
    pub tcp: Tcp,
    /// The range of the ports of outgoing connections. Source: `/proc/sys/net/ipv4/ip_local_port_range`.
    pub port_range: Option<PortRange>,
    /// The connections that the packet filter tracks. Source: `/proc/sys/net/netfilter/nf_conntrack_count`.
    pub tracked_connections: Option<u64>,
    /// The limit of them. Source: `/proc/sys/net/netfilter/nf_conntrack_max`.
    pub tracked_connections_limit: Option<u64>,
}

/// One network interface.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Interface {
    /// The name, for example `eth0`.
    pub name: SharedStr,
    /// What was received.
    pub received: Traffic,
    /// What was sent.
    pub sent: Traffic,
}

/// What an interface sent or received.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Traffic {
    /// Bytes.
    pub bytes: Option<u64>,
    /// Packets.
    pub packets: Option<u64>,
    /// Errors.
    pub errors: Option<u64>,
    /// Packets dropped without an error.
    pub dropped: Option<u64>,
}

/// The sockets. Sources: `/proc/net/sockstat` and `/proc/net/sockstat6`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Sockets {
    /// TCP sockets in use, of IPv4 and IPv6, without those in TIME_WAIT.
    pub tcp_in_use: Option<u64>,
    /// TCP sockets in TIME_WAIT, of IPv4 and IPv6.
    pub tcp_time_wait: Option<u64>,
    /// TCP sockets that no process holds any more, of the whole host.
    pub tcp_orphans: Option<u64>,
    /// Allocated TCP sockets of the whole host.
    pub tcp_allocated: Option<u64>,
    /// Bytes of the buffers of all TCP sockets of the whole host.
    pub tcp_memory: Option<u64>,
    /// UDP sockets in use, of IPv4 and IPv6.
    pub udp_in_use: Option<u64>,
}

/// What TCP counts in the network namespace. Sources: `/proc/net/snmp` (RFC 4022) and `/proc/net/netstat`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Tcp {
    /// Segments received (`InSegs`).
    pub segments_received: Option<u64>,
    /// Segments sent, without those sent again (`OutSegs`).
    pub segments_sent: Option<u64>,
    /// Segments sent again (`RetransSegs`).
    pub segments_retransmitted: Option<u64>,
    /// Connections that are established now (`CurrEstab`).
    pub established: Option<u64>,
    /// Connections opened by this side (`ActiveOpens`).
    pub active_opens: Option<u64>,
    /// Connections accepted (`PassiveOpens`).
    pub passive_opens: Option<u64>,
    /// Attempts that failed (`AttemptFails`).
    pub attempt_fails: Option<u64>,
    /// Established connections that were reset (`EstabResets`).
    pub resets: Option<u64>,
    /// Connections dropped because the queue of a listener was full (`ListenOverflows`).
    pub listen_overflows: Option<u64>,
    /// Connections dropped by a listener for any reason (`ListenDrops`).
    pub listen_drops: Option<u64>,
    /// Time-outs of the retransmission timer and others (`TCPTimeouts`).
    pub timeouts: Option<u64>,
}

/// The range of the ports of outgoing connections, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PortRange {
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
}

// === impl PortRange ===

impl PortRange {
    /// Creates a range. `None` if the first port is greater than the last.
    pub fn new(first: u16, last: u16) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// Returns the number of ports: to one address and port, at most that many connections at a time.
    ///
    /// ```
    /// use gusset_system::PortRange;
    ///
    /// // Linux's default.
    /// assert_eq!(PortRange::new(32768, 60999).map(PortRange::size), Some(28232));
    /// ```
    pub fn size(self) -> u32 {
        u32::from(self.last) - u32::from(self.first) + 1
    }
}
