//! The writer's queue and thread.

use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_log::{Format, LogLayer, LogPipeline};
use tracing::{error, info};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::*;

/// An output that follows a script and then writes everything.
struct Scripted {
    output: Output,
    script: Arc<Mutex<Vec<Step>>>,
}

enum Step {
    Fail(ErrorKind),
    /// Write at most this many bytes.
    Part(usize),
    Panic,
    /// Wait for the channel, then write.
    Wait(Receiver<()>),
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let step = {
            let mut script = self.script.lock().unwrap();
            (!script.is_empty()).then(|| script.remove(0))
        };
        match step {
            Some(Step::Fail(kind)) => return Err(kind.into()),
            Some(Step::Part(len)) => return self.output.write(&bytes[..len.min(bytes.len())]),
            Some(Step::Panic) => panic!("the writer of a test panics"),
            Some(Step::Wait(go)) => drop(go.recv()),
            None => {}
        }
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn scripted(script: Vec<Step>) -> (LogPipeline<Registry>, Output, Arc<Mutex<Vec<Step>>>) {
    scripted_with(script, 1 << 16)
}

fn scripted_with(
    script: Vec<Step>,
    max_queue_bytes: usize,
) -> (LogPipeline<Registry>, Output, Arc<Mutex<Vec<Step>>>) {
    let output = Output::default();
    let script = Arc::new(Mutex::new(script));
    let out = Scripted {
        output: output.clone(),
        script: script.clone(),
    };
    let builder = LogLayer::builder()
        .format(Format::Json)
        .max_queue_bytes(max_queue_bytes)
        .writer(out);
    (builder.build_with(no_env).unwrap(), output, script)
}

fn messages(output: &Output) -> Vec<String> {
    let text = output.text();
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(
            |line| match serde_json::from_str::<serde_json::Value>(line) {
                Ok(line) => line["message"].as_str().unwrap().to_owned(),
                Err(_) => "torn".to_owned(),
            },
        )
        .collect()
}

#[test]
fn full_queue_drops_and_reports_entries() {
    let (go, wait): (Sender<()>, _) = channel();
    let (log, output, _) = scripted(vec![Step::Wait(wait)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        // More entries than fit: no call blocks, although nothing is written.
        for _ in 0..10_000 {
            info!("a line of some length, so that the queue is full soon");
        }
        error!("the last one");
        assert!(
            !log.flush_guard.flush(Duration::from_millis(10)),
            "nothing is written yet"
        );
        drop(go);
        assert!(log.flush_guard.flush(TEST_TIMEOUT));
        info!("clear again");
        assert!(log.flush_guard.flush(TEST_TIMEOUT));
    });
    eventually(|| {
        messages(&output)
            .iter()
            .any(|line| line.ends_with("log entries were dropped"))
    });
    let messages = messages(&output);
    let lost: usize = messages
        .iter()
        .filter_map(|line| line.strip_suffix(" log entries were dropped"))
        .map(|count| count.parse::<usize>().unwrap())
        .sum();
    let written = messages
        .iter()
        .filter(|line| line.starts_with("a line") || line.starts_with("the last"))
        .count();
    assert_eq!(written + lost, 10_001);
    assert!(lost > 0 && written > 0);
}

#[test]
fn failed_write_drops_entries_and_continues() {
    for kind in [ErrorKind::BrokenPipe, ErrorKind::StorageFull] {
        let (log, output, _) = scripted(vec![Step::Fail(kind)]);
        let subscriber = tracing_subscriber::registry().with(log.layer);
        gusset_testkit::with_subscriber(subscriber, || {
            info!("lost");
            assert!(log.flush_guard.flush(TEST_TIMEOUT), "the entry is complete");
            info!("written");
            assert!(log.flush_guard.flush(TEST_TIMEOUT));
        });
        eventually(|| messages(&output).len() == 2);
        assert_eq!(messages(&output), ["written", "1 log entries were dropped"]);
    }
}

#[test]
fn partial_entry_is_followed_by_newline() {
    let (log, output, _) = scripted(vec![Step::Part(7), Step::Fail(ErrorKind::StorageFull)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        info!("torn");
        assert!(log.flush_guard.flush(TEST_TIMEOUT));
        info!("whole");
        assert!(log.flush_guard.flush(TEST_TIMEOUT));
    });
    eventually(|| messages(&output).len() == 3);
    assert_eq!(
        messages(&output),
        ["torn", "whole", "1 log entries were dropped"]
    );
}

#[test]
fn short_writes_and_panics_are_survived() {
    let interrupted = || Step::Fail(ErrorKind::Interrupted);
    let busy = || Step::Fail(ErrorKind::WouldBlock);
    let (log, output, script) = scripted(vec![Step::Part(3), interrupted(), busy(), Step::Part(5)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        info!("in parts");
        assert!(log.flush_guard.flush(TEST_TIMEOUT));
        script.lock().unwrap().push(Step::Panic);
        info!("lost");
        assert!(log.flush_guard.flush(TEST_TIMEOUT));
        info!("written");
        assert!(log.flush_guard.flush(TEST_TIMEOUT));
    });
    eventually(|| messages(&output).len() == 3);
    assert_eq!(
        messages(&output),
        ["in parts", "written", "1 log entries were dropped"]
    );
}

#[test]
fn guard_waits_at_most_its_deadline() {
    let (go, wait): (Sender<()>, _) = channel();
    let (log, _, _) = scripted(vec![Step::Wait(wait)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || info!("never written"));
    drop(log.flush_guard.deadline(Duration::from_millis(10)));
    drop(go);
}

#[test]
fn dropped_guard_flushes_entries() {
    let (log, output, _) = scripted(Vec::new());
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || info!("the last words"));
    drop(log.flush_guard.deadline(TEST_TIMEOUT));
    assert_eq!(messages(&output), ["the last words"]);
}

#[test]
fn entries_of_many_threads_stay_whole() {
    let (log, output, _) = scripted(Vec::new());
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(log.layer));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let dispatch = &dispatch;
            scope.spawn(move || {
                gusset_testkit::with_subscriber(dispatch.clone(), || {
                    for number in 0..20 {
                        info!("{thread} {number}");
                    }
                });
            });
        }
    });
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    let mut messages = messages(&output);
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), 80);
}

#[test]
fn shutdown_reports_entries_that_were_not_written() {
    let (go, wait): (Sender<()>, _) = channel();
    let (log, output, _) = scripted(vec![Step::Wait(wait)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        for _ in 0..10 {
            info!("stuck");
        }
    });
    assert_eq!(log.flush_guard.shutdown(Duration::from_millis(1)), 10);
    drop(go);
    eventually(|| output.lines().len() == 10);
}

#[test]
fn shutdown_reports_dropped_entries() {
    let (log, output, _) = scripted(vec![Step::Fail(ErrorKind::BrokenPipe)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        info!("lost");
        assert!(log.flush_guard.flush(TEST_TIMEOUT));
        info!("written");
    });
    assert_eq!(log.flush_guard.shutdown(TEST_TIMEOUT), 1);
    assert!(output.text().contains("written"), "{}", output.text());
}

#[test]
fn entries_that_a_slow_reader_took_are_not_counted() {
    let (go, wait): (Sender<()>, _) = channel();
    // The queue waits while the first entry is written, so the others are one batch of several writes.
    let (first, wait_for_first): (Sender<()>, _) = channel();
    let steps = vec![
        Step::Wait(wait_for_first),
        Step::Part(1 << 20),
        Step::Wait(wait),
    ];
    let (log, output, _) = scripted_with(steps, 1 << 20);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        info!("first");
        eventually(|| first.send(()).is_ok());
        assert!(log.flush_guard.flush(TEST_TIMEOUT));
        for _ in 0..400 {
            info!("{}", "x".repeat(1000));
        }
    });
    let written = || output.lines().len() as u64 - 1;
    eventually(|| written() > 0);
    let not_written = log.flush_guard.shutdown(Duration::from_millis(1));
    let was_written = written();
    drop(go);
    assert!(was_written < 400, "the writer waits");
    assert_eq!(not_written, 400 - was_written);
    eventually(|| written() == 400);
}

#[test]
fn shutdown_waits_longer_than_the_deadline_of_the_guard() {
    let (go, wait): (Sender<()>, _) = channel();
    let (log, _, _) = scripted(vec![Step::Wait(wait)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || info!("slow"));
    let guard = log.flush_guard.deadline(Duration::ZERO);
    let shutdown = std::thread::spawn(move || guard.shutdown(Duration::MAX));
    drop(go);
    assert_eq!(shutdown.join().unwrap(), 0);
}
