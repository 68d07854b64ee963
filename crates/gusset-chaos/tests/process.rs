//! Assaults on the process, in a process of their own.

#![cfg(feature = "process")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "test names document the tests; a test may panic"
)]

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use gusset_chaos::process::{Assault, AssaultError, RunningAssault};
use gusset_chaos::{Arming, Chaos};
use gusset_core::Clock;

const LONG: Duration = Duration::from_secs(300);
const MIB: u64 = 1 << 20;

/// Makes the tests run one after the other, as they assault one process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn armed() -> Chaos {
    let chaos = Chaos::builder()
        .environment("test")
        .build_with(|_| None)
        .unwrap();
    chaos.arm(Arming::for_at_most(LONG)).unwrap();
    chaos
}

fn until(what: &str, mut is_met: impl FnMut() -> bool) {
    let clock = Clock::system();
    let deadline = clock.now() + Duration::from_secs(60);
    while !is_met() {
        assert!(clock.now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

/// Waits until what an assault occupied is free.
fn ended(chaos: &Chaos, running: RunningAssault) {
    drop(running);
    until("another assault may run", || {
        chaos
            .assault(Assault::descriptors(1).hold(Duration::ZERO))
            .is_ok()
    });
}

/// Returns a number of `/proc/self/status`, or `None` on another system.
fn status(key: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim_start_matches(':')
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

fn skip(test: &str) {
    println!("skipped: {test} needs /proc");
}

#[test]
fn assault_needs_an_arming_that_is_no_dry_run() {
    let _alone = alone();
    let chaos = Chaos::builder()
        .environment("test")
        .build_with(|_| None)
        .unwrap();
    let refused = |chaos: &Chaos| chaos.assault(Assault::cpu(0.1)).unwrap_err();
    assert_eq!(refused(&chaos), AssaultError::NotArmed);
    chaos.arm(Arming::for_at_most(LONG).dry_run()).unwrap();
    assert_eq!(refused(&chaos), AssaultError::NotArmed);
}

#[test]
fn one_assault_runs_at_a_time() {
    let _alone = alone();
    let chaos = armed();
    let running = chaos.assault(Assault::descriptors(1).hold(LONG)).unwrap();
    assert!(running.is_running());
    let second = chaos.assault(Assault::cpu(0.1));
    assert_eq!(second.unwrap_err(), AssaultError::Running);
    ended(&chaos, running);
}

#[test]
fn assault_ends_with_its_arming() {
    let _alone = alone();
    let chaos = armed();
    let running = chaos.assault(Assault::cpu(0.01).hold(LONG)).unwrap();
    chaos.disarm();
    until("it ends", || !running.is_running());
}

#[test]
fn assault_ends_by_its_own_time() {
    let _alone = alone();
    let chaos = armed();
    let assault = Assault::cpu(0.01).ramp(Duration::from_millis(30));
    let running = chaos
        .assault(assault.hold(Duration::from_millis(30)))
        .unwrap();
    until("it ends", || !running.is_running());
    assert!(chaos.status().armed);
}

#[test]
fn settings_out_of_their_range_are_refused() {
    let _alone = alone();
    let chaos = armed();
    for (assault, setting) in [
        (Assault::cpu(0.96), "share"),
        (Assault::cpu(0.0), "share"),
        (Assault::cpu(f64::NAN), "share"),
        (Assault::memory(2.0, MIB), "share"),
        (Assault::memory(0.5, 0), "limit_bytes"),
        (Assault::descriptors(0), "count"),
    ] {
        let error = chaos.assault(assault).unwrap_err();
        assert!(
            error.to_string().starts_with(&format!("`{setting}`")),
            "{error}"
        );
    }
}

#[test]
fn memory_rises_to_the_share_of_the_limit_and_is_free_afterwards() {
    let _alone = alone();
    let Some(before) = status("VmRSS").map(|kilobytes| kilobytes * 1024) else {
        return skip("memory_rises_to_the_share_of_the_limit_and_is_free_afterwards");
    };
    let chaos = armed();
    // Half of the limit is what the process has and 64 MiB.
    let limit = (before + 64 * MIB) * 2;
    let running = chaos
        .assault(Assault::memory(0.5, limit).hold(LONG))
        .unwrap();
    let resident = || status("VmRSS").unwrap() * 1024;
    until("memory is occupied", || resident() >= before + 48 * MIB);
    assert!(resident() < limit, "not more than the share");
    ended(&chaos, running);
    until("memory is free", || resident() < before + 32 * MIB);
}

#[test]
fn processors_are_busy_for_their_share() {
    let _alone = alone();
    let ticks = || {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let mut fields = stat.rsplit(')').next()?.split_whitespace();
        // `utime`, the 14th field of proc(5); the state is the third.
        fields.nth(11)?.parse::<u64>().ok()
    };
    let Some(before) = ticks() else {
        return skip("processors_are_busy_for_their_share");
    };
    let chaos = armed();
    let running = chaos.assault(Assault::cpu(0.5).hold(LONG)).unwrap();
    // This thread waits without any load of its own.
    let (_sender, receiver) = mpsc::channel::<()>();
    let clock = Clock::system();
    let deadline = clock.now() + Duration::from_secs(60);
    while ticks().unwrap() < before + 10 {
        assert!(clock.now() < deadline, "the processors are busy");
        let _ = receiver.recv_timeout(Duration::from_millis(20));
    }
    ended(&chaos, running);
}

#[test]
fn descriptors_are_open_until_the_end() {
    let _alone = alone();
    let open = || Some(std::fs::read_dir("/proc/self/fd").ok()?.count());
    let Some(before) = open() else {
        return skip("descriptors_are_open_until_the_end");
    };
    let chaos = armed();
    let running = chaos.assault(Assault::descriptors(200).hold(LONG)).unwrap();
    until("descriptors are open", || open().unwrap() >= before + 200);
    ended(&chaos, running);
    until("descriptors are closed", || open().unwrap() < before + 100);
}

#[test]
fn blocked_runtime_goes_on_after_the_end() {
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
    let chaos = armed();
    let handle = runtime.handle().clone();
    let running = chaos
        .assault(Assault::block_runtime(handle, 2).hold(LONG))
        .unwrap();
    // Both workers are blocked once no task of a burst is run any more.
    until("the workers are blocked", || {
        let (sender, receiver) = mpsc::channel();
        runtime.spawn(async move { sender.send(()) });
        receiver.recv_timeout(Duration::from_millis(300)).is_err()
    });
    drop(running);
    let (sender, receiver) = mpsc::channel();
    runtime.spawn(async move { sender.send(()) });
    assert!(receiver.recv_timeout(Duration::from_secs(60)).is_ok());
}

#[test]
fn killed_process_ends_without_destructors_after_its_delay() {
    const VARIABLE: &str = "GUSSET_TEST_KILLED";
    let name = "killed_process_ends_without_destructors_after_its_delay";
    if std::env::var_os(VARIABLE).is_some() {
        let chaos = armed();
        let assault = Assault::kill_after(Duration::from_millis(50));
        let _running = chaos.assault(assault).unwrap();
        println!("answered");
        let (_sender, receiver) = mpsc::channel::<()>();
        let _ = receiver.recv_timeout(LONG);
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(VARIABLE, "1")
        .output()
        .unwrap();
    assert!(!child.status.success());
    let out = String::from_utf8_lossy(&child.stdout);
    assert!(
        out.contains("answered") && !out.contains("test result"),
        "{out}"
    );
}
