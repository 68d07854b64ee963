//! Readings are taken on a thread.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_core::Clock;
use gusset_data::{Metric, MetricProducer};
use gusset_history::{History, Sampler, names};
use metrics_util::debugging::DebuggingRecorder;

use crate::support::{jobs, secs, temperature};

/// Sends a message for each reading.
struct Producer(Mutex<Sender<&'static str>>);

impl MetricProducer for Producer {
    fn metrics(&self) -> Vec<Metric> {
        let _ = self.0.lock().unwrap().send("producer");
        vec![jobs(1.0)]
    }
}

struct Panics;

impl MetricProducer for Panics {
    fn metrics(&self) -> Vec<Metric> {
        panic!("a bug of the service")
    }
}

struct Constant;

impl MetricProducer for Constant {
    fn metrics(&self) -> Vec<Metric> {
        vec![temperature(3.0)]
    }
}

fn history(interval: Duration) -> History {
    let builder = History::builder().interval(interval);
    builder.retention(10 * interval).build().unwrap()
}

#[test]
fn readings_follow_at_the_interval() {
    let (sender, receiver) = channel();
    let history = history(Duration::from_millis(1));
    let before = sender.clone();
    let (after, shared) = (sender.clone(), history.clone());
    let sampler = Sampler::builder(history.clone())
        .producer(Arc::new(Producer(Mutex::new(sender))))
        .before_reading(move |_| before.send("before").unwrap_or(()))
        .after_reading(move |now| {
            assert_eq!(shared.last_reading(), Some(now));
            let _ = after.send("after");
        })
        .start()
        .unwrap();
    for _ in 0..3 {
        for expected in ["before", "producer", "after"] {
            assert_eq!(receiver.recv(), Ok(expected));
        }
    }
    sampler.stop();
    assert!(history.usage().readings >= 3);
    // The functions were dropped with the thread.
    assert!(receiver.iter().all(|_| true));
}

#[test]
fn dropped_handle_ends_the_thread() {
    let (sender, receiver) = channel();
    let producer = Arc::new(Producer(Mutex::new(sender)));
    let sampler = Sampler::builder(history(secs(3600)))
        .producer(producer)
        .start()
        .unwrap();
    assert_eq!(receiver.recv(), Ok("producer"));
    drop(sampler);
    // The next reading would be in an hour.
    assert!(receiver.recv().is_err());
}

#[test]
fn panic_is_contained_and_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let history = History::builder()
        .recorder(Arc::new(recorder))
        .build()
        .unwrap();
    let (sender, receiver) = channel();
    let sampler = Sampler::builder(history.clone())
        .producer(Arc::new(Panics))
        .producer(Arc::new(Constant))
        .after_reading(|_| panic!("another bug"))
        .after_reading(move |_| sender.send(()).unwrap_or(()))
        .start()
        .unwrap();
    receiver.recv().unwrap();
    sampler.stop();
    assert_eq!(history.metrics().len(), 1, "the other producer was read");
    let panics = snapshotter.snapshot().into_vec().into_iter();
    let mut panics = panics.filter(|(key, ..)| key.key().name() == names::PANICS.name);
    let value = panics.next().map(|(.., value)| format!("{value:?}"));
    assert_eq!(value.as_deref(), Some("Counter(2)"));
}

#[test]
fn times_are_those_of_the_clock() {
    let (clock, hand) = Clock::manual();
    let now = clock.now();
    let (sender, receiver) = channel();
    let sampler = Sampler::builder(history(Duration::from_millis(1)))
        .clock(clock)
        .after_reading(move |now| sender.send(now).unwrap_or(()))
        .start()
        .unwrap();
    assert_eq!(receiver.recv(), Ok(now));
    hand.advance(secs(7));
    let later = receiver.iter().find(|at| *at > now);
    assert_eq!(later, Some(now + secs(7)));
    sampler.stop();
}
