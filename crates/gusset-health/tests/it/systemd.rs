//! Notifications of systemd over an abstract socket.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use gusset_health::{Env, Health};

use crate::support::{SECOND, Time, settle};

/// Creates a notification socket. Returns it and its address.
pub(crate) fn socket(test: &str) -> (UnixDatagram, String) {
    let name = format!("gusset-health-{test}-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    socket.set_nonblocking(true).unwrap();
    (socket, format!("@{name}"))
}

/// Returns the notifications since the last call.
pub(crate) fn received(socket: &UnixDatagram) -> Vec<String> {
    let mut received = Vec::new();
    let mut bytes = [0; 512];
    while let Ok(len) = socket.recv(&mut bytes) {
        received.push(String::from_utf8_lossy(&bytes[..len]).into_owned());
    }
    received
}

#[tokio::test(start_paused = true)]
async fn notifications_follow_the_life_cycle() {
    let (socket, name) = socket("life");
    let time = Time::new();
    let health = time
        .builder()
        .drain_delay(5 * SECOND)
        .systemd_env(Env::from_fn(&|variable| match variable {
            "NOTIFY_SOCKET" => Some(name.clone()),
            "WATCHDOG_USEC" => Some("4000000".to_owned()),
            _ => None,
        }))
        .build()
        .unwrap();
    let life = health.lifecycle();
    life.report_progress("migration 3 of 7");
    let _runtime = health.start().unwrap();
    settle().await;
    assert_eq!(received(&socket), ["STATUS=migration 3 of 7", "WATCHDOG=1"]);
    life.mark_started();
    settle().await;
    assert_eq!(received(&socket)[0], "READY=1");
    time.pass(10 * SECOND).await;
    let pings = received(&socket)
        .iter()
        .filter(|line| *line == "WATCHDOG=1")
        .count();
    assert_eq!(pings, 5, "at half of the timeout");
    life.begin_shutdown();
    settle().await;
    let stopping = received(&socket);
    assert_eq!(stopping[0], "STOPPING=1");
    assert!(stopping.contains(&"EXTEND_TIMEOUT_USEC=10000000".to_owned()));
    assert!(!stopping.contains(&"READY=1".to_owned()), "sent once");
}

#[tokio::test(start_paused = true)]
async fn unlive_service_sends_no_watchdog() {
    let (socket, name) = socket("stuck");
    let time = Time::new();
    let stuck = gusset_health::Heartbeat::new("loop", 10 * SECOND).with_clock(time.clock());
    let health = time
        .builder()
        .heartbeat(stuck.clone())
        .systemd_env(Env::from_fn(&|variable| match variable {
            "NOTIFY_SOCKET" => Some(name.clone()),
            "WATCHDOG_USEC" => Some("2000000".to_owned()),
            _ => None,
        }))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    stuck.beat();
    time.pass(9 * SECOND).await;
    assert!(received(&socket).contains(&"WATCHDOG=1".to_owned()));
    time.pass(3 * SECOND).await;
    received(&socket);
    time.pass(10 * SECOND).await;
    assert!(!received(&socket).contains(&"WATCHDOG=1".to_owned()));
}

#[test]
fn invalid_variables_are_rejected() {
    let with = |name: &'static str, value: &'static str| {
        let lookup = move |variable: &str| match variable {
            "NOTIFY_SOCKET" if name != "NOTIFY_SOCKET" => Some("@gusset-unused".to_owned()),
            variable => (variable == name).then(|| value.to_owned()),
        };
        Health::builder()
            .systemd_env(Env::from_fn(&lookup))
            .build()
            .map(drop)
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
