//! Reads the network namespace.

use super::kept_file::KeptFile;
use super::parse::{net_dev, snmp, sockstat, sysctl};
use super::{Root, read_list};
use crate::{Network, Sockets, Tcp};

#[derive(Debug)]
pub(super) struct NetworkReader {
    dev: KeptFile,
    sockstat: KeptFile,
    sockstat6: KeptFile,
    snmp: KeptFile,
    netstat: KeptFile,
    port_range: KeptFile,
    conntrack_count: KeptFile,
    conntrack_max: KeptFile,
    page_size: u64,
}

// === impl NetworkReader ===

impl NetworkReader {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            // Not `/proc/net`, which is a link, so that a folder with files of another system needs none.
            dev: root.records("proc/self/net/dev"),
            sockstat: root.file("proc/self/net/sockstat"),
            sockstat6: root.file("proc/self/net/sockstat6"),
            snmp: root.file("proc/self/net/snmp"),
            netstat: root.file("proc/self/net/netstat"),
            port_range: root.file("proc/sys/net/ipv4/ip_local_port_range"),
            conntrack_count: root.file("proc/sys/net/netfilter/nf_conntrack_count"),
            conntrack_max: root.file("proc/sys/net/netfilter/nf_conntrack_max"),
            page_size: root.page_size,
        }
    }

    pub(super) fn read(&mut self, network: &mut Network, buffer: &mut Vec<u8>) {
        read_list(
            &mut network.interfaces,
            self.dev.read(buffer),
            net_dev::parse,
        );
        let v4 = self.sockstat.read(buffer).map(sockstat::parse);
        let v4 = v4.unwrap_or_default();
        // A kernel without IPv6 has neither the file nor such sockets.
        let v6 = self.sockstat6.read(buffer).map(sockstat::parse);
        let v6 = v6.unwrap_or_default();
        let both = |v4: Option<u64>, v6: Option<u64>| v4?.checked_add(v6.unwrap_or(0));
        network.sockets = Sockets {
            tcp_in_use: both(v4.tcp_in_use, v6.tcp_in_use),
            tcp_time_wait: v4.time_wait,
            tcp_orphans: v4.orphans,
            tcp_allocated: v4.allocated,
            tcp_memory: v4
                .memory_pages
                .and_then(|pages| pages.checked_mul(self.page_size)),
            udp_in_use: both(v4.udp_in_use, v6.udp_in_use),
        };
        let mut tcp = Tcp::default();
        for file in [&mut self.snmp, &mut self.netstat] {
            if let Some(text) = file.read(buffer) {
                snmp::parse(text, &mut tcp);
            }
        }
        network.tcp = tcp;
        network.port_range = self.port_range.read(buffer).and_then(sysctl::port_range);
        network.tracked_connections = self.conntrack_count.read(buffer).and_then(sysctl::single);
        network.tracked_connections_limit =
            self.conntrack_max.read(buffer).and_then(sysctl::single);
    }
}
