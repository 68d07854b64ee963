//! SIGQUIT and SIGTERM, which are of the process: the service is a process of its own.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};

use gusset_incident::{AfterTerminate, Delivery, Destination, FlightRecorder, Incidents};

/// Selects what the started process does.
const CHILD: &str = "GUSSET_TEST_SIGNALS";

const SIGTERM: i32 = 15;

/// Prints the triggers of reports.
struct Print;

impl Destination for Print {
    fn deliver(&self, delivery: &Delivery<'_>) -> io::Result<String> {
        println!("report: {}", delivery.report().trigger);
        Ok("standard output".to_owned())
    }
}

/// Runs until it is killed, or until standard input is closed.
fn serve() {
    let recorder = FlightRecorder::builder().build().unwrap();
    let incidents = Incidents::builder("shop", recorder)
        .destination(Print)
        .flush(|_| println!("flushed"))
        .start()
        .unwrap();
    incidents.capture_on_sigquit().unwrap();
    incidents.capture_on_sigterm(AfterTerminate::Exit).unwrap();
    println!("ready");
    for line in io::stdin().lines() {
        println!("still here: {}", line.unwrap());
    }
}

fn send(child: &Child, signal: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn sigquit_makes_a_report_and_sigterm_one_before_the_end() {
    if std::env::var_os(CHILD).is_some() {
        return serve();
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "sigquit_makes_a_report_and_sigterm_one_before_the_end",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().expect("it prints it before it ends").unwrap();
    while !next().ends_with("ready") {}
    send(&child, "-QUIT");
    assert_eq!(next(), "report: quit");
    // Taken, because `wait` would close it, and the process would end by itself.
    let mut input = child.stdin.take().unwrap();
    io::Write::write_all(&mut input, b"hello\n").unwrap();
    assert_eq!(next(), "still here: hello", "the process goes on");

    send(&child, "-TERM");
    assert_eq!(next(), "report: terminate");
    assert_eq!(next(), "flushed", "after the report");
    assert_eq!(child.wait().unwrap().signal(), Some(SIGTERM));
}
