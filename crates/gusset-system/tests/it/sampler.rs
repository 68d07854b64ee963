//! When snapshots are taken, and who gets them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::thread;
use std::time::Duration;

use gusset_core::Clock;
use gusset_system::{Interval, Snapshot, Source, SystemSampler};

/// Counts its readings in the snapshot.
struct Count(u64);

impl Source for Count {
    fn read(&mut self, snapshot: &mut Snapshot) {
        self.0 += 1;
        snapshot.process.threads = Some(self.0);
    }
}

fn counting() -> SystemSampler {
    let builder = SystemSampler::builder().without_system();
    builder.source(Count(0)).start().unwrap()
}

#[test]
fn last_two_snapshots_are_kept() {
    let sampler = counting();
    sampler.sample();
    sampler.sample();
    let latest = sampler.latest();
    let threads = |snapshot: &Snapshot| snapshot.process.threads;
    assert_eq!(latest.previous.as_deref().map(threads), Some(Some(2)));
    assert_eq!(threads(&latest.now), Some(3));
}

#[test]
fn snapshot_that_is_kept_does_not_change() {
    let sampler = counting();
    let first = sampler.latest().now;
    for _ in 0..4 {
        sampler.sample();
    }
    assert_eq!(first.process.threads, Some(1));
    assert_eq!(sampler.latest().now.process.threads, Some(5));
}

#[test]
fn time_is_that_of_the_clock() {
    let (clock, hand) = Clock::manual();
    let sampler = SystemSampler::builder()
        .without_system()
        .clock(clock)
        .start()
        .unwrap();
    hand.advance(Duration::from_secs(10));
    sampler.sample();
    let latest = sampler.latest();
    let interval = Interval::between(&latest.previous.unwrap(), &latest.now).unwrap();
    assert_eq!(interval.duration(), Duration::from_secs(10));
}

#[test]
fn snapshots_are_taken_by_themselves() {
    let sampler = SystemSampler::builder()
        .without_system()
        .source(Count(0))
        .interval(Duration::from_secs(1))
        .start()
        .unwrap();
    let (counts, received) = channel();
    sampler.subscribe(move |previous, now| {
        let _ = counts.send((previous.process.threads, now.process.threads));
    });
    assert_eq!(received.recv(), Ok((Some(1), Some(2))));
}

#[test]
fn every_subscriber_gets_every_snapshot() {
    let sampler = counting();
    let (counts, received) = channel();
    for _ in 0..3 {
        let counts = counts.clone();
        sampler.subscribe(move |_, now| {
            let _ = counts.send(now.process.threads);
        });
    }
    sampler.sample();
    sampler.sample();
    let all: Vec<_> = received.try_iter().collect();
    assert_eq!(all, [[Some(2); 3], [Some(3); 3]].concat());
}

#[test]
fn subscriber_that_panics_is_not_called_again() {
    let sampler = counting();
    let calls = Arc::new(AtomicU64::new(0));
    let counted = calls.clone();
    sampler.subscribe(move |_, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        panic!("of a subscriber");
    });
    for _ in 0..3 {
        sampler.sample();
    }
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(sampler.latest().now.process.threads, Some(4));
}

#[test]
fn source_that_panics_is_left_out() {
    struct Panics;

    impl Source for Panics {
        fn read(&mut self, snapshot: &mut Snapshot) {
            snapshot.host.cpus = Some(666);
            panic!("of a source");
        }
    }

    let builder = SystemSampler::builder().without_system();
    let sampler = builder.source(Panics).source(Count(0)).start().unwrap();
    let now = sampler.latest().now;
    assert_eq!(now.host.cpus, None);
    assert_eq!(now.process.threads, Some(1));
}

#[test]
fn subscriber_that_asks_for_a_snapshot_does_not_wait_for_itself() {
    let sampler = counting();
    let handle = sampler.clone();
    sampler.subscribe(move |_, _| handle.sample());
    sampler.sample();
    assert_eq!(sampler.latest().now.process.threads, Some(2));
}

#[test]
fn thread_ends_with_the_last_handle() {
    /// Reports when the thread drops its sources.
    struct Dropped(std::sync::mpsc::SyncSender<()>);

    impl Source for Dropped {
        fn read(&mut self, _: &mut Snapshot) {}
    }

    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    let (sender, dropped) = sync_channel(1);
    let builder = SystemSampler::builder().without_system();
    let sampler = builder.source(Dropped(sender)).start().unwrap();
    let other = sampler.clone();
    drop(sampler);
    other.sample();
    assert!(dropped.try_recv().is_err());
    drop(other);
    assert_eq!(dropped.recv(), Ok(()));
}

#[test]
fn handles_work_on_any_thread() {
    let sampler = counting();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| sampler.sample());
        }
    });
    assert_eq!(sampler.latest().now.process.threads, Some(5));
}
