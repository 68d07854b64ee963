//! A network namespace of the test's own.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;

use gusset_system::SystemReader;

/// Set in the process that runs inside of the namespace.
const INSIDE: &str = "GUSSET_SYSTEM_INSIDE_NAMESPACE";

const CONNECTIONS: u64 = 20;

#[test]
fn namespace_shows_its_own_time_wait() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let test = std::env::current_exe().unwrap();
    let script =
        r#"ip link set lo up 2>/dev/null || ifconfig lo up && exec "$0" --exact "$1" --nocapture"#;
    let name = "linux::namespace::namespace_shows_its_own_time_wait";
    let output = Command::new("unshare")
        .args(["--net", "sh", "-c", script])
        .arg(test)
        .arg(name)
        .env(INSIDE, "1")
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => return println!("SKIPPED: `unshare` cannot be run: {error}"),
    };
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if !stdout.contains("running 1 test") {
        return println!("SKIPPED: no network namespace may be made here: {stderr}");
    }
    assert!(output.status.success(), "{stdout}{stderr}");
}

fn inside() {
    let mut reader = SystemReader::new();
    let before = reader.snapshot().network;
    assert_eq!(
        before.sockets.tcp_time_wait,
        Some(0),
        "not that of the host"
    );
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    for _ in 0..CONNECTIONS {
        let client = TcpStream::connect(address).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        // The side that closes first waits.
        drop(client);
        assert_eq!(server.read(&mut [0]).unwrap(), 0);
    }
    // The last acknowledgements of the kernel take some microseconds.
    let now = loop {
        let now = reader.snapshot().network;
        if now.sockets.tcp_time_wait >= Some(CONNECTIONS) {
            break now;
        }
    };
    assert_eq!(now.sockets.tcp_time_wait, Some(CONNECTIONS));
    assert_eq!(now.tcp.active_opens, Some(CONNECTIONS));
    let interfaces = now.interfaces.unwrap();
    let names: Vec<_> = interfaces.iter().map(|it| it.name.as_str()).collect();
    assert!(
        names.contains(&"lo") && !names.contains(&"eth0"),
        "{names:?}"
    );
}
