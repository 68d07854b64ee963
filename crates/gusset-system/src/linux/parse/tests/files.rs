//! What the parsers read in the files of real kernels.

use std::time::{Duration, UNIX_EPOCH};

use super::super::*;
use super::*;
use crate::{Cgroup, Disk, HostMemory, Limit, Paging, PortRange, Tcp};

fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

#[test]
fn load_average_has_three_means() {
    let load = loadavg::parse(b"0.20 0.18 12.50 1/80 11206\n").unwrap();
    assert_eq!((load.one, load.five, load.fifteen), (0.2, 0.18, 12.5));
    assert_eq!(loadavg::parse(b"0.20 0.18"), None);
}

#[test]
fn cpu_time_is_that_of_all_cpus() {
    let stat = kernel_stat::parse(STAT.as_bytes(), TICKS);
    assert_eq!(stat.cpu.user, seconds(42573));
    assert_eq!(stat.cpu.idle, seconds(39469));
    assert_eq!(stat.cpu.steal, seconds(25));
    assert_eq!(stat.cpus, Some(2));
    assert_eq!((stat.runnable, stat.blocked), (Some(3), Some(1)));
    let boot = UNIX_EPOCH + Duration::from_secs(1_795_736_981);
    assert_eq!(stat.boot_time, Some(boot));
}

#[test]
fn kernel_without_steal_leaves_it_unknown() {
    let stat = kernel_stat::parse(b"cpu  1 2 3 4\ncpu0 1 2 3 4\n", TICKS);
    assert_eq!(stat.cpu.idle, Some(Duration::from_millis(40)));
    assert_eq!(stat.cpu.iowait, None);
    assert_eq!(stat.cpu.steal, None);
}

#[test]
fn host_with_512_cpus_is_read() {
    let mut text = "cpu  100 0 0 0 0 0 0 0 0 0\n".to_owned();
    for cpu in 0..512 {
        text += &format!("cpu{cpu} 100 0 0 0 0 0 0 0 0 0\n");
    }
    text += &format!("intr{}\nprocs_running 700\n", " 123456".repeat(20_000));
    let stat = kernel_stat::parse(text.as_bytes(), TICKS);
    assert_eq!(stat.cpus, Some(512));
    assert_eq!(stat.runnable, Some(700));
}

#[test]
fn ticks_become_time() {
    assert_eq!(Ticks(100).time(1), Some(Duration::from_millis(10)));
    assert_eq!(Ticks(1024).time(1536), Some(Duration::from_millis(1500)));
    assert_eq!(Ticks(0).time(1), None);
    assert!(Ticks(1).time(u64::MAX).is_some());
}

#[test]
fn memory_is_in_bytes() {
    let memory = meminfo::parse(MEMINFO.as_bytes());
    let expected = HostMemory {
        total: Some(24_683_656 << 10),
        available: Some(21_966_848 << 10),
        free: Some(13_765_328 << 10),
        buffers: Some(211_484 << 10),
        cached: Some(7_691_108 << 10),
        swap_total: Some(2_097_148 << 10),
        swap_free: Some(1 << 30),
    };
    assert_eq!(memory, expected);
}

#[test]
fn paging_of_an_old_kernel_has_no_oom_kills() {
    let paging = vmstat::parse(VMSTAT.as_bytes());
    let expected = Paging {
        faults: Some(2_451_741_232),
        major_faults: Some(480_539),
        swapped_in: Some(12),
        swapped_out: Some(34),
        oom_kills: Some(5),
    };
    assert_eq!(paging, expected);
    assert_eq!(vmstat::parse(b"pswpin 1\n").oom_kills, None);
}

#[test]
fn disks_are_whole_devices() {
    let mut disks = Vec::new();
    diskstats::parse(DISKSTATS.as_bytes(), &mut disks);
    let names: Vec<_> = disks.iter().map(|disk| disk.name.as_str()).collect();
    assert_eq!(names, ["nvme0n1", "sda", "xvda1", "dm-0"]);
    let expected = Disk {
        name: "nvme0n1".into(),
        reads: Some(100),
        writes: Some(200),
        read_bytes: Some(2048 * 512),
        written_bytes: Some(4096 * 512),
        read_time: Some(Duration::from_millis(40)),
        write_time: Some(Duration::from_millis(80)),
        in_progress: Some(1),
        busy: Some(Duration::from_millis(90)),
        weighted: Some(Duration::from_millis(120)),
    };
    assert_eq!(disks[0], expected);
}

#[test]
fn number_of_disks_is_bounded() {
    let text: String = (0..200)
        .map(|at| format!("8 {at} dm-{at} 1 1 1 1 1 1 1 1 1 1 1\n"))
        .collect();
    let mut disks = Vec::new();
    diskstats::parse(text.as_bytes(), &mut disks);
    assert_eq!(disks.len(), crate::MAX_DEVICES);
}

#[test]
fn interface_has_both_directions() {
    let mut interfaces = Vec::new();
    net_dev::parse(NET_DEV.as_bytes(), &mut interfaces);
    let [lo, eth0] = &interfaces[..] else {
        panic!("{interfaces:?}");
    };
    assert_eq!(lo.name, "lo");
    assert_eq!(eth0.name, "eth0");
    assert_eq!(eth0.received.bytes, Some(3_481_344_809));
    assert_eq!(eth0.received.errors, Some(1));
    assert_eq!(eth0.received.dropped, Some(2));
    assert_eq!(eth0.sent.bytes, Some(12_750_238));
    assert_eq!(eth0.sent.packets, Some(121_817));
    assert_eq!(eth0.sent.errors, Some(7));
    assert_eq!(eth0.sent.dropped, Some(8));
}

#[test]
fn sockets_are_read_by_state() {
    let stat = sockstat::parse(SOCKSTAT.as_bytes());
    assert_eq!(stat.tcp_in_use, Some(5));
    assert_eq!(stat.orphans, Some(2));
    assert_eq!(stat.time_wait, Some(77));
    assert_eq!(stat.allocated, Some(10));
    assert_eq!(stat.memory_pages, Some(3));
    assert_eq!(stat.udp_in_use, Some(4));
    let stat = sockstat::parse(SOCKSTAT6.as_bytes());
    assert_eq!((stat.tcp_in_use, stat.udp_in_use), (Some(3), Some(1)));
    assert_eq!(stat.time_wait, None);
}

#[test]
fn tcp_counters_are_found_by_their_titles() {
    let mut tcp = Tcp::default();
    snmp::parse(SNMP.as_bytes(), &mut tcp);
    snmp::parse(NETSTAT.as_bytes(), &mut tcp);
    assert_eq!(tcp.segments_sent, Some(53_954_920));
    assert_eq!(tcp.segments_retransmitted, Some(21_871));
    assert_eq!(tcp.established, Some(4));
    assert_eq!(tcp.attempt_fails, Some(66_610));
    assert_eq!(tcp.listen_overflows, Some(8218));
    assert_eq!(tcp.listen_drops, Some(8219));
    assert_eq!(tcp.timeouts, Some(7676));
}

#[test]
fn line_without_its_values_does_not_shift_the_others() {
    let text = "Ip: Forwarding\nTcp: OutSegs\nTcp: 7\n";
    let mut tcp = Tcp::default();
    snmp::parse(text.as_bytes(), &mut tcp);
    assert_eq!(tcp.segments_sent, Some(7));
}

#[test]
fn pressure_is_a_share_and_a_total() {
    let pressure = pressure::parse(PRESSURE.as_bytes());
    let (some, full) = (pressure.some.unwrap(), pressure.full.unwrap());
    assert!((some.avg10 - 0.0153).abs() < 1e-9, "{some:?}");
    assert!((some.avg300 - 0.0025).abs() < 1e-9, "{some:?}");
    assert_eq!(full.total, Duration::from_micros(206_094_641));
}

#[test]
fn pressure_of_the_cpu_in_old_kernels_has_no_full() {
    let text = b"some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n";
    let pressure = pressure::parse(text);
    assert!(pressure.some.is_some() && pressure.full.is_none());
    let incomplete = pressure::parse(b"some avg10=0.00 total=1\n");
    assert_eq!(incomplete.some, None, "an average is missing");
}

#[test]
fn kernel_settings_are_read() {
    assert_eq!(sysctl::single(b"262144\n"), Some(262_144));
    let range = sysctl::port_range(b"32768\t60999\n");
    assert_eq!(range, PortRange::new(32768, 60999));
    assert_eq!(sysctl::port_range(b"60999\t32768\n"), None);
    assert_eq!(sysctl::port_range(b"32768\t70000\n"), None);
    let files = sysctl::file_nr(b"1176\t0\t9223372036854775807\n");
    assert_eq!(files, (Some(1176), Some(9_223_372_036_854_775_807)));
}

#[test]
fn process_name_may_have_parentheses() {
    let stat = process_stat::parse(PROCESS_STAT.as_bytes(), TICKS);
    assert_eq!(stat.minor_faults, Some(31_021));
    assert_eq!(stat.major_faults, Some(480));
    assert_eq!(stat.user_time, Some(Duration::from_millis(12_340)));
    assert_eq!(stat.system_time, Some(Duration::from_millis(5670)));
    assert_eq!(stat.threads, Some(9));
    assert_eq!(stat.start, Some(Duration::from_millis(6_512_310)));
    assert_eq!(stat.virtual_memory, Some(123_456_789));
    assert_eq!(stat.resident_pages, Some(4321));
}

#[test]
fn bytes_of_a_process_are_those_of_devices() {
    let text = b"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\n";
    assert_eq!(process_io::parse(text), (Some(5), Some(6)));
}

#[test]
fn run_delay_is_the_second_number() {
    let expected = (Duration::from_nanos(99), 7);
    assert_eq!(schedstat::parse(b"12345 99 7\n"), Some(expected));
    assert_eq!(schedstat::parse(b"12345\n"), None);
}

#[test]
fn cgroup_limits_of_version_2() {
    use super::super::cgroup::{cpu_max, limit};
    assert_eq!(cpu_max(b"150000 100000\n"), Some(Limit::Finite(1.5)));
    assert_eq!(cpu_max(b"max 100000\n"), Some(Limit::Unlimited));
    assert_eq!(cpu_max(b"150000 0\n"), None);
    assert_eq!(limit(b"max\n"), Some(Limit::Unlimited));
    assert_eq!(limit(b"536870912\n"), Some(Limit::Finite(512 << 20)));
}

#[test]
fn cgroup_limits_of_version_1() {
    use super::super::cgroup::{cfs_quota, limit};
    assert_eq!(cfs_quota(b"-1\n", 100_000), Some(Limit::Unlimited));
    assert_eq!(cfs_quota(b"50000\n", 100_000), Some(Limit::Finite(0.5)));
    assert_eq!(cfs_quota(b"50000\n", 0), None);
    // The greatest number of bytes in pages of 4 KiB, and of 64 KiB.
    for unlimited in ["9223372036854771712", "9223372036854710272"] {
        assert_eq!(limit(unlimited.as_bytes()), Some(Limit::Unlimited));
    }
}

#[test]
fn throttling_of_both_versions() {
    let mut v2 = Cgroup::default();
    let text = b"usage_usec 5000000\nuser_usec 1\nnr_periods 100\nnr_throttled 25\nthrottled_usec 7000000\n";
    super::super::cgroup::cpu_stat(text, &mut v2);
    let mut v1 = Cgroup::default();
    let text = b"nr_periods 100\nnr_throttled 25\nthrottled_time 7000000000\n";
    super::super::cgroup::cpu_stat(text, &mut v1);
    assert_eq!(v2.cpu_time, seconds(5));
    assert_eq!(v1.cpu_time, None);
    for cgroup in [v1, v2] {
        assert_eq!(cgroup.periods, Some(100));
        assert_eq!(cgroup.throttled_periods, Some(25));
        assert_eq!(cgroup.throttled_time, seconds(7));
    }
}

#[test]
fn memory_of_both_versions() {
    use super::super::cgroup::{inactive_file, inactive_file_v1, memory_events, oom_control};
    assert_eq!(inactive_file(b"anon 1\ninactive_file 2\n"), Some(2));
    let v1 = b"inactive_file 2\ntotal_inactive_file 3\n";
    assert_eq!(inactive_file_v1(v1), Some(3), "with child cgroups");
    let events = memory_events(b"low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 0\n");
    assert_eq!((events.high, events.max), (Some(1), Some(2)));
    assert_eq!((events.oom, events.oom_kills), (Some(3), Some(4)));
    let control = b"oom_kill_disable 0\nunder_oom 0\noom_kill 4\n";
    assert_eq!(oom_control(control), Some(4));
    assert_eq!(oom_control(b"oom_kill_disable 0\nunder_oom 0\n"), None);
}

#[test]
fn path_of_a_cgroup_is_that_of_its_hierarchy() {
    let hybrid = b"12:cpu,cpuacct:/docker/abc\n4:memory:/a:b\n1:name=systemd:/x\n0::/unified\n";
    assert_eq!(cgroup_path::v1(hybrid, "cpu"), Some(&b"/docker/abc"[..]));
    assert_eq!(cgroup_path::v1(hybrid, "memory"), Some(&b"/a:b"[..]));
    assert_eq!(cgroup_path::v1(hybrid, "pids"), None);
    assert_eq!(cgroup_path::v2(hybrid), Some(&b"/unified"[..]));
}

#[test]
fn mounts_have_any_number_of_optional_fields() {
    let mounts: Vec<_> = mountinfo::parse(MOUNTINFO.as_bytes()).collect();
    assert_eq!(mounts.len(), 5);
    assert_eq!(mounts[3].kind, b"cgroup2");
    let volume = &mounts[4];
    assert_eq!(volume.kind, b"ext4");
    assert_eq!(volume.source, b"/dev/nvme0n1p1");
    assert_eq!(
        &*mountinfo::decode(volume.mountpoint),
        b"/var/lib/with space"
    );
    assert_eq!(&*mountinfo::decode(br"a\0\999\134"), br"a\0\999\");
}

#[test]
fn sessions_of_systemd_are_those_of_people() {
    let user = b"# This is private data.\nUID=1000\nSTATE=active\nCLASS=user\n";
    assert!(session::is_signed_in(user));
    assert!(!session::is_signed_in(b"CLASS=greeter\n"));
    assert!(!session::is_signed_in(b"CLASS=user\nSTATE=closing\n"));
    assert!(session::is_name(b"c2") && !session::is_name(b"2.ref"));
}

#[test]
fn sessions_of_utmp_are_user_processes() {
    let size = if cfg!(any(target_arch = "aarch64", target_arch = "riscv64")) {
        400
    } else {
        384
    };
    let record = |kind: i16| {
        let mut record = vec![0; size];
        record[..2].copy_from_slice(&kind.to_ne_bytes());
        record
    };
    // The start of the host, two sessions, and one that has ended.
    let file = [record(2), record(7), record(7), record(8)].concat();
    assert_eq!(utmp::parse(&file), Some(2));
    assert_eq!(utmp::parse(&[]), Some(0));
    assert_eq!(utmp::parse(&file[1..]), None);
}
