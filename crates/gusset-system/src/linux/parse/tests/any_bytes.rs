//! No text makes a parser panic.

use proptest::prelude::*;

use super::super::*;
use super::*;
use crate::{Cgroup, Tcp};

/// Runs every parser.
fn parse_all(text: &[u8]) {
    loadavg::parse(text);
    kernel_stat::parse(text, TICKS);
    meminfo::parse(text);
    vmstat::parse(text);
    diskstats::parse(text, &mut Vec::new());
    net_dev::parse(text, &mut Vec::new());
    sockstat::parse(text);
    snmp::parse(text, &mut Tcp::default());
    pressure::parse(text);
    sysctl::single(text);
    sysctl::port_range(text);
    sysctl::file_nr(text);
    process_stat::parse(text, TICKS);
    process_io::parse(text);
    schedstat::parse(text);
    session::is_signed_in(text);
    session::is_name(text);
    utmp::parse(text);
    cgroup::cpu_max(text);
    cgroup::cfs_quota(text, 100_000);
    cgroup::limit(text);
    cgroup::cpu_stat(text, &mut Cgroup::default());
    cgroup::cpuacct_usage(text);
    cgroup::inactive_file(text);
    cgroup::memory_events(text);
    cgroup::oom_control(text);
    cgroup_path::v1(text, "cpu");
    cgroup_path::v2(text);
    for mount in mountinfo::parse(text) {
        mountinfo::decode(mount.mountpoint);
    }
}

const FILES: [&str; 12] = [
    STAT,
    MEMINFO,
    VMSTAT,
    DISKSTATS,
    NET_DEV,
    SOCKSTAT,
    SOCKSTAT6,
    SNMP,
    NETSTAT,
    PRESSURE,
    MOUNTINFO,
    PROCESS_STAT,
];

proptest! {
    #[test]
    fn any_bytes_are_parsed(text: Vec<u8>) {
        parse_all(&text);
    }

    #[test]
    fn any_fields_are_parsed(text in "([a-z]{0,8}[0-9:=. \\\\-]{0,40}\n?){0,8}") {
        parse_all(text.as_bytes());
    }

    /// A file that ends anywhere, and whose numbers are any.
    #[test]
    fn damaged_files_are_parsed(file in 0..FILES.len(), end: prop::sample::Index, number in "[0-9]{1,24}") {
        let text = FILES[file];
        parse_all(&text.as_bytes()[..end.index(text.len() + 1)]);
        for digit in ["0", "1", "4"] {
            parse_all(text.replace(digit, &number).as_bytes());
        }
    }

    /// A counter that the kernel writes is read as it is, also at the end of its range, and beyond it is unknown.
    #[test]
    fn counters_are_exact_up_to_their_end(value: u64) {
        let line = format!("TcpExt: ListenDrops\nTcpExt: {value}\n");
        let mut tcp = Tcp::default();
        snmp::parse(line.as_bytes(), &mut tcp);
        prop_assert_eq!(tcp.listen_drops, Some(value));
        let beyond = line.replace(&value.to_string(), "18446744073709551616");
        snmp::parse(beyond.as_bytes(), &mut tcp);
        prop_assert_eq!(tcp.listen_drops, None);
    }

    #[test]
    fn shares_of_pressure_are_from_0_to_1(percent in 0.0..1000.0_f64) {
        let text = format!("some avg10={percent:.2} avg60=0.00 avg300=0.00 total=1\n");
        let some = pressure::parse(text.as_bytes()).some.unwrap();
        prop_assert!((0.0..=1.0).contains(&some.avg10));
    }
}
