//! Probes are answered when the process has no file descriptors left.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::support::{builder, connect, get};

const PATH: &str = "/a";
const CHILD: &str = "descriptors::exhausted_process";
const MARK: &str = "listening on ";

/// Serves with a limit of descriptors that are all in use, until its standard input ends.
#[test]
#[ignore = "run by the test below, in a process with a low limit"]
fn exhausted_process() {
    let server = builder().port(0).start().unwrap();
    // As a public port without a limit of connections does.
    let mut used = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        used.push(file);
        assert!(used.len() < 1000, "the limit is in force");
    }
    println!("{MARK}{}", server.local_addr());
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn probe_is_answered_without_free_descriptors() {
    let test = std::env::current_exe().unwrap();
    let mut child = Command::new("sh")
        .args([
            "-c",
            "ulimit -n 100 && exec \"$0\" --exact --ignored --nocapture \"$1\"",
        ])
        .arg(test)
        .arg(CHILD)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Open until the child has ended, because it goes on to print.
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let address: SocketAddr = (stdout.by_ref().lines())
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once(MARK)?.1.parse().unwrap()))
        .unwrap();

    for _ in 0..10 {
        assert!(get(address, PATH).ends_with("one"));
    }
    // Idle connections take the descriptors in reserve, and give way to probes.
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(connect(address));
        assert!(get(address, PATH).ends_with("one"));
    }
    let _ = stdin.write_all(b"\n");
    assert!(child.wait().unwrap().success());
}
