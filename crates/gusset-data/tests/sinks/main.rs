//! Sinks behind queues, and two destinations.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_core::Clock;
use gusset_data::{LogRecord, LogSink, QueuedSink, SpanData, SpanSink, Tee};

mod support;

use support::*;

#[test]
fn both_destinations_receive_the_same() {
    let (first, second) = (Kept::default(), Kept::default());
    let spans: Tee<SpanData> = Tee::new(first.clone(), second.clone());
    for name in names(100) {
        spans.export(span(&name));
    }
    assert!(spans.flush(LONG));
    assert_eq!((first.all(), second.all()), (names(100), names(100)));

    let (first, second) = (Kept::default(), Kept::default());
    let logs: Tee<LogRecord> = Tee::new(first.clone(), second.clone());
    for body in names(100) {
        logs.export(record(&body));
    }
    assert!(logs.flush(LONG));
    assert_eq!((first.all(), second.all()), (names(100), names(100)));
}

#[test]
fn stuck_destination_neither_holds_nor_starves_the_other() {
    for is_first in [true, false] {
        let (stuck, of_stuck, go) = Stuck::new();
        let kept = Kept::default();
        let spans: Tee<SpanData> = match is_first {
            true => Tee::new(stuck, kept.clone()),
            false => Tee::new(kept.clone(), stuck),
        };
        spans.export(span("0"));
        wait_until("stuck", || of_stuck.len() == 1);
        // More than a queue takes. The other destination is not so far behind.
        for (at, name) in names(5000).iter().enumerate().skip(1) {
            wait_until("taken", || kept.len() + 1000 > at);
            assert!(spans.has_capacity());
            spans.export(span(name));
        }
        // The stuck one does not take the other's time.
        assert!(!spans.flush(SHORT));
        wait_until("complete", || kept.len() == 5000);
        assert_eq!(kept.all(), names(5000), "the other one receives everything");
        // One is with the sink and 2,048 are queued.
        let lost = 5000 - 1 - 2048;
        let dropped = match is_first {
            true => [lost, 0],
            false => [0, lost],
        };
        assert_eq!(spans.dropped(), dropped);

        drop(go);
        assert!(spans.flush(LONG));
        assert_eq!(of_stuck.all(), names(2049), "in order, and not again");
    }
}

#[test]
fn flush_ends_at_the_deadline() {
    let (stuck, _, go) = Stuck::new();
    let logs: QueuedSink<LogRecord> = QueuedSink::new(stuck);
    logs.export(record("a"));
    let clock = Clock::system();
    let started = clock.now();
    assert!(!logs.flush(Duration::from_millis(1)));
    assert!(clock.now() - started < LONG);
    assert_eq!(logs.pending(), 1);
    drop(go);
    assert!(logs.flush(LONG));
    assert_eq!((logs.pending(), logs.dropped()), (0, 0));
}

#[test]
fn flush_also_flushes_the_sink() {
    struct Buffering {
        is_flushed: Arc<AtomicBool>,
        result: bool,
    }
    impl SpanSink for Buffering {
        fn export(&self, _: SpanData) {}
        fn flush(&self, timeout: Duration) -> bool {
            assert!(timeout > Duration::ZERO && timeout <= LONG);
            self.is_flushed.store(true, Ordering::Relaxed);
            self.result
        }
    }
    for result in [true, false] {
        let is_flushed = Arc::new(AtomicBool::new(false));
        let sink = Buffering {
            is_flushed: is_flushed.clone(),
            result,
        };
        let spans: Tee<SpanData> = Tee::new(Kept::default(), sink);
        assert_eq!(SpanSink::flush(&spans, LONG), result);
        assert!(is_flushed.load(Ordering::Relaxed));
    }
}

#[test]
fn items_over_the_capacity_are_counted_once() {
    let (stuck, kept, go) = Stuck::new();
    let capacity = NonZeroUsize::new(2).unwrap();
    let spans: QueuedSink<SpanData> = QueuedSink::with_capacity(stuck, capacity);
    spans.export(span("0"));
    wait_until("stuck", || kept.len() == 1);
    spans.export(span("1"));
    assert!(spans.has_capacity());
    spans.export(span("2"));
    assert!(!spans.has_capacity());
    assert_eq!(spans.dropped(), 0, "a question is not a loss");
    spans.export(span("3"));
    spans.count_dropped();
    assert_eq!((spans.dropped(), spans.pending()), (2, 3));
    drop(go);
    assert!(spans.flush(LONG));
    assert_eq!(kept.all(), names(3));
}

#[test]
fn dropped_items_are_also_counted_in_the_recorder() {
    #[derive(Default)]
    struct Count(AtomicU64);
    impl metrics::CounterFn for Count {
        fn increment(&self, value: u64) {
            self.0.fetch_add(value, Ordering::Relaxed);
        }
        fn absolute(&self, value: u64) {
            self.0.store(value, Ordering::Relaxed);
        }
    }
    let (stuck, kept, go) = Stuck::new();
    let logs: QueuedSink<LogRecord> = QueuedSink::with_capacity(stuck, NonZeroUsize::MIN);
    let (processed, dropped) = (Arc::<Count>::default(), Arc::<Count>::default());
    let counter = |count: &Arc<Count>| metrics::Counter::from_arc(count.clone());
    logs.count_in(counter(&processed), counter(&dropped));
    logs.export(record("0"));
    wait_until("stuck", || kept.len() == 1);
    for body in ["1", "2", "3"] {
        logs.export(record(body));
    }
    drop(go);
    assert!(logs.flush(LONG));
    let counts = [&processed, &dropped].map(|count| count.0.load(Ordering::Relaxed));
    assert_eq!(counts, [2, 2]);
}

#[test]
fn panic_of_one_destination_is_of_it_alone() {
    struct Panicking;
    impl SpanSink for Panicking {
        fn export(&self, _: SpanData) {
            panic!("on purpose");
        }
    }
    let kept = Kept::default();
    let broken: QueuedSink<SpanData> = QueuedSink::new(Panicking);
    let spans: Tee<SpanData> = Tee::new(broken.clone(), kept.clone());
    for name in names(3) {
        spans.export(span(&name));
        assert!(spans.flush(LONG), "the thread goes on");
    }
    assert_eq!(kept.all(), names(3));
    assert_eq!((broken.panics(), broken.dropped()), (3, 0));
}

#[test]
fn sink_with_a_queue_gets_no_second_one() {
    struct OwnQueue(Kept);
    impl SpanSink for OwnQueue {
        fn export(&self, span: SpanData) {
            SpanSink::export(&self.0, span);
        }
        fn has_queue(&self) -> bool {
            true
        }
    }
    let (first, second) = (Kept::default(), Kept::default());
    let spans: Tee<SpanData> = Tee::new(OwnQueue(first.clone()), OwnQueue(second.clone()));
    spans.export(span("0"));
    // On this thread, so without a flush.
    assert_eq!((first.all(), second.all()), (names(1), names(1)));
}

#[test]
fn three_destinations_are_two_tees() {
    let kept = [(); 3].map(|()| Kept::default());
    let [first, second, third] = kept.clone();
    let spans: Tee<SpanData> = Tee::new(Tee::<SpanData>::new(first, second), third);
    spans.export(span("0"));
    assert!(spans.flush(LONG));
    assert_eq!(kept.map(|kept| kept.all()), [(); 3].map(|()| names(1)));
}

#[test]
fn what_a_sink_causes_does_not_come_back() {
    /// Exports a record about each record, as a sink does that logs.
    struct Logging {
        back: Arc<Mutex<Option<Tee<LogRecord>>>>,
        kept: Kept,
    }
    impl LogSink for Logging {
        fn export(&self, exported: LogRecord) {
            let back = self.back.lock().unwrap().clone().unwrap();
            assert!(!back.has_capacity());
            back.export(record("about it"));
            back.count_dropped();
            LogSink::export(&self.kept, exported);
        }
    }
    let back = Arc::default();
    let kept = Kept::default();
    let logging = || Logging {
        back: Arc::clone(&back),
        kept: kept.clone(),
    };
    let logs: Tee<LogRecord> = Tee::new(logging(), logging());
    *back.lock().unwrap() = Some(logs.clone());
    logs.export(record("0"));
    assert!(logs.flush(LONG));
    assert!(logs.flush(LONG), "and what these have caused");
    assert_eq!(kept.all(), ["0", "0"]);
    assert_eq!(logs.dropped(), [0, 0]);
    back.lock().unwrap().take();
}

#[test]
fn queue_is_emptied_when_the_last_handle_is_dropped() {
    let kept = Kept::default();
    let spans: QueuedSink<SpanData> = QueuedSink::new(kept.clone());
    let clone = spans.clone();
    spans.export(span("0"));
    drop(spans);
    clone.export(span("1"));
    drop(clone);
    wait_until("delivered", || kept.len() == 2);
    wait_until("ended", || Arc::strong_count(&kept.0) == 1);
}

#[test]
fn items_of_many_threads_arrive_without_a_flush() {
    let kept = Kept::default();
    let spans: QueuedSink<SpanData> = QueuedSink::new(kept.clone());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for name in names(200) {
                    spans.export(span(&name));
                    // So that the thread of the queue falls asleep in between.
                    std::thread::yield_now();
                }
            });
        }
    });
    wait_until("delivered", || kept.len() == 800);
}

#[test]
fn unsampled_spans_go_to_sinks_that_take_them() {
    #[derive(Clone, Default)]
    struct TakesAll(Kept);
    impl SpanSink for TakesAll {
        fn export(&self, span: SpanData) {
            SpanSink::export(&self.0, span);
        }
        fn takes_unsampled(&self) -> bool {
            true
        }
    }
    for is_first in [true, false] {
        let (all, sampled) = (TakesAll::default(), Kept::default());
        let spans: Tee<SpanData> = match is_first {
            true => Tee::new(all.clone(), sampled.clone()),
            false => Tee::new(sampled.clone(), all.clone()),
        };
        assert!(spans.takes_unsampled());
        let unsampled = SpanData {
            flags: 0,
            ..span("unsampled")
        };
        spans.export(unsampled);
        spans.export(span("sampled"));
        assert!(spans.flush(LONG));
        assert_eq!(all.0.all(), ["unsampled", "sampled"]);
        assert_eq!(sampled.all(), ["sampled"]);
    }
    let spans: QueuedSink<SpanData> = QueuedSink::new(Kept::default());
    assert!(!spans.takes_unsampled());
}
