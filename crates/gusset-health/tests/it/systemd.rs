//! What systemd is told, over a socket as it gives one.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use gusset_health::Health;

use crate::support::{SECOND, Time, settle};

/// A socket of systemd's kind, and its name.
pub(crate) fn socket(test: &str) -> (UnixDatagram, String) {
    let name = format!("gusset-health-{test}-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    socket.set_nonblocking(true).unwrap();
    (socket, format!("@{name}"))
}

pub(crate) fn told(socket: &UnixDatagram) -> Vec<String> {
    let mut told = Vec::new();
    let mut bytes = [0; 512];
    while let Ok(len) = socket.recv(&mut bytes) {
        told.push(String::from_utf8_lossy(&bytes[..len]).into_owned());
    }
    told
}

#[tokio::test(start_paused = true)]
async fn the_life_cycle_is_told_and_the_watchdog_hears_of_a_live_service_alone() {
    let (socket, name) = socket("life");
    let time = Time::new();
    let health = time
        .builder()
        .drain_delay(5 * SECOND)
        .systemd_env(|variable| match variable {
            "NOTIFY_SOCKET" => Some(name.clone()),
            "WATCHDOG_USEC" => Some("4000000".to_owned()),
            _ => None,
        })
        .build()
        .unwrap();
    let life = health.lifecycle();
    life.report_progress("migration 3 of 7");
    let _running = health.start().unwrap();
    settle().await;
    assert_eq!(told(&socket), ["STATUS=migration 3 of 7", "WATCHDOG=1"]);
    life.mark_started();
    settle().await;
    assert_eq!(told(&socket)[0], "READY=1");
    time.pass(10 * SECOND).await;
    let pings = told(&socket)
        .iter()
        .filter(|line| *line == "WATCHDOG=1")
        .count();
    assert_eq!(pings, 5, "at half of its time");
    life.begin_shutdown();
    settle().await;
    let stopping = told(&socket);
    assert_eq!(stopping[0], "STOPPING=1");
    assert!(stopping.contains(&"EXTEND_TIMEOUT_USEC=10000000".to_owned()));
    assert!(!stopping.contains(&"READY=1".to_owned()), "once");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_live_withholds_the_watchdog() {
    let (socket, name) = socket("stuck");
    let time = Time::new();
    let stuck = gusset_health::Heartbeat::new("loop", 10 * SECOND).with_clock(time.clock());
    let health = time
        .builder()
        .heartbeat(stuck.clone())
        .systemd_env(|variable| match variable {
            "NOTIFY_SOCKET" => Some(name.clone()),
            "WATCHDOG_USEC" => Some("2000000".to_owned()),
            _ => None,
        })
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    stuck.beat();
    time.pass(9 * SECOND).await;
    assert!(told(&socket).contains(&"WATCHDOG=1".to_owned()));
    time.pass(3 * SECOND).await;
    told(&socket);
    time.pass(10 * SECOND).await;
    assert!(!told(&socket).contains(&"WATCHDOG=1".to_owned()));
}

#[test]
fn what_systemd_does_not_say_is_no_fault_and_nonsense_is() {
    let with = |name: &'static str, value: &'static str| {
        let environment = move |variable: &str| match variable {
            "NOTIFY_SOCKET" if name != "NOTIFY_SOCKET" => Some("@gusset-nobody".to_owned()),
            variable => (variable == name).then(|| value.to_owned()),
        };
        Health::builder().systemd_env(environment).build().map(drop)
    };
    assert!(with("NOTIFY_SOCKET", "").is_ok());
    assert_eq!(
        with("WATCHDOG_USEC", "soon").unwrap_err().setting(),
        "WATCHDOG_USEC"
    );
    assert_eq!(
        with("WATCHDOG_USEC", "0").unwrap_err().setting(),
        "WATCHDOG_USEC"
    );
    let long = Box::leak("/long".repeat(50).into_boxed_str());
    assert_eq!(
        with("NOTIFY_SOCKET", long).unwrap_err().setting(),
        "NOTIFY_SOCKET"
    );
}
