//! The writer is never in the way.

use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_log::{Format, LogLayer, LogPipeline};
use tracing::{error, info};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::*;

/// A writer that does what a script says, and then as it is told.
struct Scripted {
    pages: Pages,
    script: Arc<Mutex<Vec<Step>>>,
}

enum Step {
    Fail(ErrorKind),
    /// So many bytes, and no more at once.
    Part(usize),
    Panic,
    /// Until somebody lets go.
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
            Some(Step::Part(len)) => return self.pages.write(&bytes[..len.min(bytes.len())]),
            Some(Step::Panic) => panic!("the writer of a test panics"),
            Some(Step::Wait(go)) => drop(go.recv()),
            None => {}
        }
        self.pages.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn scripted(script: Vec<Step>) -> (LogPipeline<Registry>, Pages, Arc<Mutex<Vec<Step>>>) {
    let pages = Pages::default();
    let script = Arc::new(Mutex::new(script));
    let out = Scripted {
        pages: pages.clone(),
        script: script.clone(),
    };
    let builder = LogLayer::builder()
        .format(Format::Json)
        .max_queue_bytes(1 << 16)
        .writer(out);
    (builder.build_with(no_env).unwrap(), pages, script)
}

fn messages(pages: &Pages) -> Vec<String> {
    let text = pages.text();
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
fn a_full_queue_loses_lines_and_says_so_when_the_way_is_clear() {
    let (go, wait): (Sender<()>, _) = channel();
    let (log, pages, _) = scripted(vec![Step::Wait(wait)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, || {
        // More than can wait: nobody is held up, though nothing is written.
        for _ in 0..10_000 {
            info!("a line of some length, so that the queue is full before long");
        }
        error!("the last one");
        assert!(
            !log.flush_guard.flush(Duration::from_millis(10)),
            "nothing is written yet"
        );
        drop(go);
        assert!(log.flush_guard.flush(GENEROUS));
        info!("clear again");
        assert!(log.flush_guard.flush(GENEROUS));
    });
    eventually(|| {
        messages(&pages)
            .iter()
            .any(|line| line.ends_with("log entries were dropped"))
    });
    let messages = messages(&pages);
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
fn a_writer_that_fails_loses_its_lines_and_is_asked_again() {
    for kind in [ErrorKind::BrokenPipe, ErrorKind::StorageFull] {
        let (log, pages, _) = scripted(vec![Step::Fail(kind)]);
        let subscriber = tracing_subscriber::registry().with(log.layer);
        tracing::subscriber::with_default(subscriber, || {
            info!("lost");
            assert!(log.flush_guard.flush(GENEROUS), "dealt with");
            info!("written");
            assert!(log.flush_guard.flush(GENEROUS));
        });
        eventually(|| messages(&pages).len() == 2);
        assert_eq!(messages(&pages), ["written", "1 log entries were dropped"]);
    }
}

#[test]
fn a_line_that_was_torn_does_not_spoil_the_next() {
    let (log, pages, _) = scripted(vec![Step::Part(7), Step::Fail(ErrorKind::StorageFull)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, || {
        info!("torn");
        assert!(log.flush_guard.flush(GENEROUS));
        info!("whole");
        assert!(log.flush_guard.flush(GENEROUS));
    });
    eventually(|| messages(&pages).len() == 3);
    assert_eq!(
        messages(&pages),
        ["torn", "whole", "1 log entries were dropped"]
    );
}

#[test]
fn a_writer_that_takes_little_at_a_time_or_panics_is_borne_with() {
    let interrupted = || Step::Fail(ErrorKind::Interrupted);
    let busy = || Step::Fail(ErrorKind::WouldBlock);
    let (log, pages, script) = scripted(vec![Step::Part(3), interrupted(), busy(), Step::Part(5)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, || {
        info!("in parts");
        assert!(log.flush_guard.flush(GENEROUS));
        script.lock().unwrap().push(Step::Panic);
        info!("lost");
        assert!(log.flush_guard.flush(GENEROUS));
        info!("written");
        assert!(log.flush_guard.flush(GENEROUS));
    });
    eventually(|| messages(&pages).len() == 3);
    assert_eq!(
        messages(&pages),
        ["in parts", "written", "1 log entries were dropped"]
    );
}

#[test]
fn a_guard_waits_no_longer_than_its_deadline() {
    let (go, wait): (Sender<()>, _) = channel();
    let (log, _, _) = scripted(vec![Step::Wait(wait)]);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, || info!("never written"));
    drop(log.flush_guard.deadline(Duration::from_millis(10)));
    drop(go);
}

#[test]
fn lines_are_written_when_the_guard_is_dropped() {
    let (log, pages, _) = scripted(Vec::new());
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, || info!("the last words"));
    drop(log.flush_guard.deadline(GENEROUS));
    assert_eq!(messages(&pages), ["the last words"]);
}

#[test]
fn lines_of_many_threads_are_all_written_whole() {
    let (log, pages, _) = scripted(Vec::new());
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(log.layer));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let dispatch = &dispatch;
            scope.spawn(move || {
                tracing::dispatcher::with_default(dispatch, || {
                    for number in 0..20 {
                        info!("{thread} {number}");
                    }
                });
            });
        }
    });
    assert!(log.flush_guard.flush(GENEROUS));
    let mut messages = messages(&pages);
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), 80);
}
