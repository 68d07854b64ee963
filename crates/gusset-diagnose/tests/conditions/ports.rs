//! Ephemeral ports that run out, in a network namespace with 200 of them, which the kernel does not use again.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use gusset_diagnose::{Diagnoser, Diagnosis, Reading};
use gusset_system::{Dependency, Snapshot, SystemReader};

use crate::inside::{is_inside, run};
use crate::readings::{Readings, assert_named};

#[test]
fn used_up_ports_are_named() {
    if is_inside() {
        return inside();
    }
    let prepare = "{ ip link set lo up 2>/dev/null || ifconfig lo up; } && \
                   echo 40000 40199 > /proc/sys/net/ipv4/ip_local_port_range && \
                   echo 0 > /proc/sys/net/ipv4/tcp_tw_reuse";
    let arguments = ["--net"].map(OsStr::new);
    run(
        "ports::used_up_ports_are_named",
        "unshare",
        &arguments,
        prepare,
    );
}

fn inside() {
    let _alone = Readings::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 9000)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        // The client closes first, so its port waits.
        for stream in listener.incoming().flatten() {
            let _ = { stream }.read(&mut [0]);
        }
    });
    let mut reader = SystemReader::new();
    let mut diagnoser = Diagnoser::default();
    let (mut opened, mut failed) = (0, 0);
    let mut diagnoses: Vec<Diagnosis> = Vec::new();
    for reading in 0..8_u64 {
        // A new connection for each call.
        for _ in 0..30 {
            match TcpStream::connect(address) {
                Ok(stream) => {
                    drop(stream);
                    opened += 1;
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
                    failed += 1;
                }
            }
        }
        // The last acknowledgements take until the thread of the server has run.
        let snapshots = (0..100_000).map(|_| reader.snapshot());
        let all_wait = |it: &Snapshot| it.network.sockets.tcp_time_wait >= Some(opened);
        let mut snapshot = { snapshots }.find(all_wait).expect("the ports wait");
        snapshot.time = Duration::from_secs(10 * reading);
        let mut dependency = Dependency::default();
        dependency.name = "payments".into();
        dependency.address_not_available = Some(failed);
        snapshot.service.dependencies = Some(vec![dependency]);
        diagnoses.push(diagnoser.observe(Reading::from(snapshot)));
    }
    // The warning comes with half of the ports, and is held before the first call fails.
    let warned = diagnoses
        .iter()
        .position(|it| it.finding("network.time_wait").is_some());
    let failed = diagnoses
        .iter()
        .position(|it| it.finding("network.no_ports").is_some());
    assert!(warned.unwrap() <= failed.unwrap(), "{warned:?} {failed:?}");
    assert_named(&diagnoses[warned.unwrap()], "network.time_wait");
    let last = diagnoses.last().unwrap();
    assert_named(last, "network.no_ports");
    assert_eq!(
        last.finding("network.no_ports").unwrap().consequences[0].id,
        "network.time_wait"
    );
}
