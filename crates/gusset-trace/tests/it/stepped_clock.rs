//! Durations and the times of events come from the monotonic clock, whatever the wall clock does.
//!
//! The wall clock of a test cannot be set. Here the monotonic clock leaves it by an hour instead, which
//! is the same difference.

use std::time::{Duration, SystemTime};

use gusset_core::{CallTracker, Clock, End, MockClock};
use gusset_data::SpanData;
use gusset_http::{Http, RequestHead};
use gusset_trace::{SpanLayer, TraceObserver};
use tracing::{Level, info, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::exported::*;
use crate::support::*;

const HOUR: Duration = Duration::from_secs(3600);

fn exported(work: impl FnOnce(&Clock, &MockClock)) -> Vec<SpanData> {
    let (clock, hand) = Clock::manual();
    let spans = Spans::default();
    let layer = SpanLayer::new(spans.clone());
    let layer = layer.events(Level::INFO).clock(clock.clone());
    gusset_testkit::with_subscriber(Registry::default().with(layer), || work(&clock, &hand));
    spans.take()
}

fn since_start(span: &SpanData, time: SystemTime) -> Duration {
    time.duration_since(span.start).unwrap()
}

#[test]
fn span_lasts_by_the_monotonic_clock() {
    let spans = exported(|_, hand| {
        let _entered = info_span!("slow").entered();
        hand.advance(HOUR);
        info!("half-way");
        hand.advance(HOUR);
    });
    let span = &spans[0];
    assert_eq!(since_start(span, span.end), 2 * HOUR);
    assert_eq!(since_start(span, span.events[0].time), HOUR);
}

#[test]
fn call_lasts_by_the_monotonic_clock() {
    let spans = exported(|clock, hand| {
        let (trace, req) = (built(TraceObserver::server()), get("/"));
        let head = RequestHead::from(&req);
        let mut track = CallTracker::<Http, _>::start(&trace, head, clock.clone());
        hand.advance(HOUR);
        track.in_scope(|| info!("half-way"));
        hand.advance(HOUR);
        track.end(End::Complete(None));
    });
    let span = &spans[0];
    assert_eq!(since_start(span, span.end), 2 * HOUR);
    assert_eq!(since_start(span, span.events[0].time), HOUR);
}
