//! The parsers on files of real kernels, and on anything else.

mod any_bytes;
mod files;

/// The unit of CPU time of every common kernel.
const TICKS: super::Ticks = super::Ticks(100);

/// Linux 6.18, 2 CPUs.
const STAT: &str = "\
cpu  4257300 3946800 1293000 3946900 28100 0 19500 2500 0 0
cpu0 2128650 1973400 646500 1973450 14050 0 9750 1250 0 0
cpu1 2128650 1973400 646500 1973450 14050 0 9750 1250 0 0
intr 1234567 0 9 0 0 0 0 0 0 0
ctxt 987654321
btime 1795736981
processes 123456
procs_running 3
procs_blocked 1
softirq 7654321 1 2 3 4 5 6 7 8 9 10
";

/// Linux 6.18.
const MEMINFO: &str = "\
MemTotal:       24683656 kB
MemFree:        13765328 kB
MemAvailable:   21966848 kB
Buffers:          211484 kB
Cached:          7691108 kB
SwapCached:            0 kB
Active:          3712384 kB
HugePages_Total:       0
SwapTotal:       2097148 kB
SwapFree:        1048576 kB
";

/// Linux 6.18, shortened.
const VMSTAT: &str = "\
nr_free_pages 3441332
nr_inactive_file 77337
pgpgin 140193904
pswpin 12
pswpout 34
pgfault 2451741232
pgmajfault 480539
oom_kill 5
";

/// Linux 6.18, 5.4 and 4.15: discards since 4.18, flushes since 5.5.
const DISKSTATS: &str = "\
   1       0 ram0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
   7       0 loop0 61 0 142 12 0 0 0 0 0 24 12 0 0 0 0 0 0
 259       0 nvme0n1 100 5 2048 40 200 6 4096 80 1 90 120 0 0 0 0 7 3
 259       1 nvme0n1p1 90 5 1024 30 190 6 2048 70 0 80 100 0 0 0 0
   8       0 sda 10 0 80 3 20 5 160 4 0 7 7
   8       1 sda1 10 0 80 3 20 5 160 4 0 7 7
 202       1 xvda1 1 0 8 3 2 5 16 4 0 7 7
 253       0 dm-0 1 0 8 3 2 0 16 4 0 7 7
 252       0 zram0 1 0 8 3 2 0 16 4 0 7 7
";

const NET_DEV: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 22897156514 53854412    0    0    0     0          0         0 22897156514 53854412    0    0    0     0       0          0
  eth0:3481344809  196634    1    2    3     4          5         6 12750238  121817    7    8    9    10      11         12
";

const SOCKSTAT: &str = "\
sockets: used 169
TCP: inuse 5 orphan 2 tw 77 alloc 10 mem 3
UDP: inuse 4 mem 2
UDPLITE: inuse 0
RAW: inuse 0
FRAG: inuse 0 memory 0
";

const SOCKSTAT6: &str =
    "TCP6: inuse 3\nUDP6: inuse 1\nUDPLITE6: inuse 0\nRAW6: inuse 1\nFRAG6: inuse 0 memory 0\n";

/// Linux 6.18.
const SNMP: &str = "\
Ip: Forwarding DefaultTTL InReceives
Ip: 1 64 54048009
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors
Tcp: 1 200 120000 -1 707368 640181 66610 59050 4 54048009 53954920 21871 0 9 0
Udp: InDatagrams NoPorts
Udp: 10 2
";

const NETSTAT: &str = "\
TcpExt: SyncookiesSent TW ListenOverflows ListenDrops TCPTimeouts
TcpExt: 0 123 8218 8219 7676
IpExt: InNoRoutes InTruncatedPkts
IpExt: 0 0
";

const PRESSURE: &str = "\
some avg10=1.53 avg60=0.87 avg300=0.25 total=459661825
full avg10=0.00 avg60=0.00 avg300=0.03 total=206094641
";

/// Debian on Kubernetes 1.30 with cgroup v2, shortened.
const MOUNTINFO: &str = r"567 437 0:66 / / rw,relatime master:123 - overlay overlay rw,lowerdir=/a:/b
568 567 0:70 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
571 567 0:73 / /sys ro,nosuid,nodev,noexec,relatime - sysfs sysfs ro
572 571 0:31 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw
573 567 259:1 /var/lib/kubelet/pods/x/volumes/data /var/lib/with\040space rw,noatime shared:7 master:8 - ext4 /dev/nvme0n1p1 rw
";

const PROCESS_STAT: &str = "4242 (shop (a) b) S 1 4242 4242 0 -1 4194560 31021 7 480 3 1234 567 1 2 20 0 9 0 651231 123456789 4321 18446744073709551615 1 1 0 0 0 0 0 4096 17663 0 0 0 17 1 0 0 0 0 0\n";
