//! The filter, changed at run time, beside other layers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_log::{FilterHandle, FlushGuard, Format, LogLayer};
use tracing::{Event, Subscriber, debug, info, trace};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::support::*;

/// Another layer, as one that makes traces is: it wants to see everything.
#[derive(Clone, Default)]
struct Other(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Other {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0
            .lock()
            .unwrap()
            .push(event.metadata().level().to_string());
    }
}

impl Other {
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn speak() {
    trace!("t");
    debug!("d");
    info!("i");
}

struct Heard {
    pages: Pages,
    guard: FlushGuard,
    read: usize,
}

impl Heard {
    /// The levels of the lines since last asked.
    fn levels(&mut self) -> Vec<String> {
        assert!(self.guard.flush(GENEROUS));
        let lines = self.pages.lines();
        let new = lines[self.read..].iter().map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["level"].as_str().unwrap().to_owned()
        });
        let new = new.collect();
        self.read = lines.len();
        new
    }
}

macro_rules! log {
    () => {{
        let pages = Pages::default();
        let builder = LogLayer::builder()
            .format(Format::Json)
            .writer(pages.clone());
        let log = builder.build_with(no_env).unwrap();
        let heard = Heard {
            pages,
            guard: log.flush_guard,
            read: 0,
        };
        (log.layer, log.filter_handle, heard)
    }};
}

/// The log's filter changes, and nobody else's.
fn changes(control: &FilterHandle, mut heard: Heard, other: &Other, others: &[&str]) {
    speak();
    assert_eq!(heard.levels(), ["INFO"]);
    assert_eq!(other.seen(), others, "at first");
    control.set("trace").unwrap();
    speak();
    assert_eq!(heard.levels(), ["TRACE", "DEBUG", "INFO"]);
    assert_eq!(other.seen(), others, "with more of ours");
    control.set("off").unwrap();
    speak();
    assert_eq!(heard.levels(), [""; 0]);
    assert_eq!(other.seen(), others, "with none of ours");
    control.set("off,it::filter_handle=debug").unwrap();
    speak();
    assert_eq!(heard.levels(), ["DEBUG", "INFO"]);
    assert_eq!(other.seen(), others, "with ours by its target");
    assert!(control.set("shop=loud").is_err());
    speak();
    assert_eq!(heard.levels(), ["DEBUG", "INFO"], "nothing has changed");
}

const ALL: [&str; 3] = ["TRACE", "DEBUG", "INFO"];

#[test]
fn the_filter_changes_below_an_unfiltered_layer() {
    let (layer, control, heard) = log!();
    let other = Other::default();
    let subscriber = tracing_subscriber::registry()
        .with(layer)
        .with(other.clone());
    tracing::subscriber::with_default(subscriber, || changes(&control, heard, &other, &ALL));
}

#[test]
fn the_filter_changes_above_an_unfiltered_layer() {
    let (layer, control, heard) = log!();
    let other = Other::default();
    let subscriber = tracing_subscriber::registry()
        .with(other.clone())
        .with(layer);
    tracing::subscriber::with_default(subscriber, || changes(&control, heard, &other, &ALL));
}

#[test]
fn the_filter_changes_below_a_filtered_layer() {
    let (layer, control, heard) = log!();
    let other = Other::default();
    let filtered = other.clone().with_filter(LevelFilter::DEBUG);
    let subscriber = tracing_subscriber::registry().with(layer).with(filtered);
    tracing::subscriber::with_default(subscriber, || changes(&control, heard, &other, &ALL[1..]));
}

#[test]
fn the_filter_changes_above_a_filtered_layer() {
    let (layer, control, heard) = log!();
    let other = Other::default();
    let filtered = other.clone().with_filter(LevelFilter::DEBUG);
    let subscriber = tracing_subscriber::registry().with(filtered).with(layer);
    tracing::subscriber::with_default(subscriber, || changes(&control, heard, &other, &ALL[1..]));
}

#[test]
fn a_filter_for_a_time_reverts_to_the_first_one() {
    let (layer, control, mut heard) = log!();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        control
            .set_temporarily("trace", Duration::from_secs(3600))
            .unwrap();
        control
            .set_temporarily("debug", Duration::from_millis(20))
            .unwrap();
        speak();
        assert!(!heard.levels().contains(&"TRACE".to_owned()));
        // Nobody logs meanwhile: the time alone brings it back.
        eventually(|| control.filter() == "info");
        // The places in the code learn it a moment later.
        eventually(|| {
            speak();
            heard.levels() == ["INFO"]
        });
        control
            .set_temporarily("trace", Duration::from_secs(3600))
            .unwrap();
        control.revert();
        control.revert();
        assert_eq!(control.filter(), "info");
        control.set_temporarily("trace", Duration::MAX).unwrap();
        assert_eq!(control.filter(), "trace");
    });
}
