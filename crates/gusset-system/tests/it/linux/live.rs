//! Readings of this system, beside what other programs read.

use std::process::Command;
use std::time::Duration;

use gusset_system::{Snapshot, SystemReader};

/// Runs a program. `None` if it is not there, which is printed.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .output()
    {
        Ok(output) if output.status.success() => Some(String::from_utf8(output.stdout).unwrap()),
        Ok(output) => {
            println!("SKIPPED: `{program}` failed: {output:?}");
            None
        }
        Err(error) => {
            println!("SKIPPED: `{program}` cannot be run: {error}");
            None
        }
    }
}

fn snapshot() -> Snapshot {
    SystemReader::new().snapshot()
}

#[track_caller]
fn close(ours: Option<u64>, theirs: u64, tolerance: u64, what: &str) {
    let ours = ours.expect(what);
    assert!(
        ours.abs_diff(theirs) <= tolerance,
        "{what}: {ours} and {theirs}"
    );
}

#[test]
fn process_is_that_of_ps() {
    let process = snapshot().process;
    let pid = std::process::id().to_string();
    let Some(text) = output("ps", &["-o", "rss=,vsz=,nlwp=,etimes=", "-p", &pid]) else {
        return;
    };
    let numbers: Vec<u64> = text
        .split_whitespace()
        .map(|it| it.parse().unwrap())
        .collect();
    let [resident, virtual_memory, threads, age] = numbers[..] else {
        panic!("{text}");
    };
    // Tests run on other threads meanwhile.
    close(process.resident, resident << 10, 64 << 20, "resident");
    close(
        process.virtual_memory,
        virtual_memory << 10,
        1 << 30,
        "virtual",
    );
    close(process.threads, threads, 16, "threads");
    let ours = process.start_time.unwrap().elapsed().unwrap().as_secs();
    close(Some(ours), age, 3, "age");
}

#[test]
fn memory_is_that_of_free() {
    let memory = snapshot().host.memory;
    let Some(text) = output("free", &["--bytes"]) else {
        return;
    };
    let line = |name: &str| -> Vec<u64> {
        let line = text
            .lines()
            .find(|line| line.starts_with(name))
            .expect(name);
        line.split_whitespace()
            .skip(1)
            .map(|it| it.parse().unwrap())
            .collect()
    };
    let [total, _used, free, _shared, _cache, available] = line("Mem:")[..] else {
        panic!("{text}");
    };
    assert_eq!(memory.total, Some(total));
    close(memory.free, free, 1 << 30, "free");
    close(memory.available, available, 1 << 30, "available");
    assert_eq!(memory.swap_total, Some(line("Swap:")[0]));
}

#[test]
fn file_systems_are_those_of_df() {
    let filesystems = snapshot().host.filesystems.unwrap();
    let mut compared = 0;
    for filesystem in &filesystems {
        let path = filesystem.mountpoint.as_str();
        let Some(text) = output(
            "df",
            &["--block-size=1", "--output=size,avail,fstype", path],
        ) else {
            continue;
        };
        let line = text.lines().nth(1).expect(&text);
        let fields: Vec<_> = line.split_whitespace().collect();
        close(filesystem.size, fields[0].parse().unwrap(), 0, path);
        // Builds run beside the tests.
        close(
            filesystem.available,
            fields[1].parse().unwrap(),
            2 << 30,
            path,
        );
        assert_eq!(filesystem.kind, *fields[2], "{path}");
        compared += 1;
    }
    println!("{compared} of {} file systems compared", filesystems.len());
}

#[test]
fn sockets_are_those_of_ss() {
    let before = snapshot().network;
    let Some(text) = output("ss", &["--summary"]) else {
        return;
    };
    // "TCP:   14 (estab 4, closed 2, orphaned 0, timewait 2)"
    let line = text.lines().find(|line| line.starts_with("TCP:")).unwrap();
    let number = |after: &str| -> u64 {
        let rest = line.split(after).nth(1).expect(line);
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
        digits.unwrap().parse().unwrap()
    };
    let after = snapshot().network;
    let between = |before: Option<u64>, after: Option<u64>, theirs: u64, what: &str| {
        let (before, after) = (before.expect(what), after.expect(what));
        // Other processes open and close connections meanwhile.
        let bounds = before.min(after).saturating_sub(200)..=before.max(after) + 200;
        assert!(bounds.contains(&theirs), "{what}: {bounds:?} and {theirs}");
    };
    between(
        before.tcp.established,
        after.tcp.established,
        number("estab "),
        "established",
    );
    between(
        before.sockets.tcp_time_wait,
        after.sockets.tcp_time_wait,
        number("timewait "),
        "time_wait",
    );
}

#[test]
fn burnt_cpu_is_in_the_time_of_the_process() {
    let mut reader = SystemReader::new();
    let before = reader.snapshot();
    // Until it shows, whatever share of a CPU there is.
    loop {
        let mut sum = 0_u64;
        for number in 0..1_000_000_u64 {
            sum = std::hint::black_box(sum.wrapping_add(number));
        }
        let now = reader.snapshot();
        let burnt = now.process.cpu_time().unwrap() - before.process.cpu_time().unwrap();
        if burnt >= Duration::from_millis(50) {
            assert!(now.host.cpu.total() > before.host.cpu.total());
            assert!(now.process.timeslices >= before.process.timeslices);
            return;
        }
    }
}

#[test]
fn opened_file_is_counted() {
    let mut reader = SystemReader::new();
    reader.snapshot();
    let before = reader.snapshot().process.open_files.unwrap();
    let files: Vec<_> = (0..300)
        .map(|_| std::fs::File::open("/dev/null").unwrap())
        .collect();
    let after = reader.snapshot().process.open_files.unwrap();
    // Other tests of this process open and close some.
    assert!(
        after.abs_diff(before + files.len() as u64) < 200,
        "{before} {after}"
    );
}

#[test]
fn limit_of_open_files_is_that_of_the_shell() {
    let Some(text) = output("sh", &["-c", "ulimit -n"]) else {
        return;
    };
    let limit = text.trim().parse().unwrap_or(u64::MAX);
    assert_eq!(snapshot().process.open_files_limit, Some(limit));
}
