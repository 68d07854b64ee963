//! A process that is killed at a random moment.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use gusset_core::SpanIds;
use gusset_data::{LogSink as _, Severity};
use gusset_incident::{BlackBox, BlackBoxWriter, EntryKind, FlightRecorder, previous_runs};
use tempfile::tempdir;

use crate::support::{call, log, poll, run};

/// The folder of the process that is killed.
const FOLDER: &str = "GUSSET_INCIDENT_TEST_FOLDER";

const TIMES: usize = 100;

/// Runs in a process of its own, which [`file_is_readable_after_each_kill`] starts.
#[test]
fn process_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let recorder = FlightRecorder::builder().build().unwrap();
    let file = BlackBox::builder("killed")
        .entries(50)
        .create(Path::new(&folder))
        .unwrap();
    let writer = BlackBoxWriter::start(&recorder, file, Duration::from_millis(1)).unwrap();
    let ids = SpanIds::new([7; 16], [8; 8], true);
    let mut held = ids.scope(|| call(&recorder, "/held", "/held"));
    assert!(!poll(&mut held));
    writer.write_now();
    println!("ready");
    std::io::stdout().flush().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..2_u64 {
            let recorder = &recorder;
            scope.spawn(move || {
                for at in 0_u64.. {
                    run(recorder, "/items/{status}", "/items/200");
                    recorder.export(log(Severity::Error, &line(thread, at)));
                }
            });
        }
    });
}

fn line(thread: u64, at: u64) -> String {
    format!("{thread} {at} {}", at.wrapping_mul(7919) ^ thread)
}

/// Returns whether a line is one that [`line`] makes.
fn is_line(text: &str) -> bool {
    let Some(text) = text.strip_prefix("ERROR shop::orders: ") else {
        return false;
    };
    let mut numbers = text.split(' ').map(str::parse::<u64>);
    let (Some(Ok(thread)), Some(Ok(at))) = (numbers.next(), numbers.next()) else {
        return false;
    };
    line(thread, at) == text
}

fn start(folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::process_that_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    while !lines
        .next()
        .expect("it is ready before it ends")
        .unwrap()
        .contains("ready")
    {}
    child
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "another process runs meanwhile, in real time"
)]
fn file_is_readable_after_each_kill() {
    let folder = tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..TIMES {
        let mut child = start(folder.path());
        // The moment does not matter: any is one at which the process may end.
        std::thread::sleep(Duration::from_micros(random.u64(..5000)));
        child.kill().unwrap();
        child.wait().unwrap();

        let runs = previous_runs(folder.path(), "killed");
        let [run] = &runs[..] else { panic!("{runs:?}") };
        assert_eq!((run.process_id, run.end), (child.id(), None));
        // Each thread, and the one that writes the calls, may have been within one write.
        assert!(run.torn <= 3, "{}", run.torn);
        for entry in &run.entries {
            let is_whole = match entry.kind {
                EntryKind::Log => is_line(&entry.text),
                EntryKind::Calls => entry.text.contains(" calls, 0 errors, "),
                _ => false,
            };
            assert!(is_whole, "{entry:?}");
        }
        let held = run
            .interrupted_calls
            .iter()
            .find(|call| call.route == "/held");
        let held = held.expect("it was under way");
        assert_eq!((held.trace_id, held.span_id), (Some([7; 16]), Some([8; 8])));
        let age = SystemTime::now()
            .duration_since(run.last_seen)
            .unwrap_or_default();
        assert!(
            age < Duration::from_secs(60),
            "the last second is there: {age:?}"
        );
    }
}
