//! A follower of calls or log records: the body of its stream, a line of JSON for each tick with news.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant as Moment;

use bytes::Bytes;
use gusset_incident::FlightRecorder;
use http_body::{Body, Frame};
use serde_json::Value;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Place;
use crate::otlp;
use crate::query::Query;
use crate::sections::recorded::{is_match, is_record_match};
use crate::shared::Shared;

/// What is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Calls, as spans.
    Traces,
    /// Log records.
    Logs,
}

/// The stream of a follower: what the recorder has, and then what is new at each tick.
pub(crate) struct Records {
    place: Place,
    wait: Pin<Box<Sleep>>,
    source: Source,
}

/// Reads what is new in a recorder.
pub(crate) struct Source {
    recorder: FlightRecorder,
    signal: Signal,
    query: Query,
    /// The log records that were read.
    logs: u64,
    /// The end of the last call that was read.
    calls: Option<Moment>,
}

// === impl Signal ===

impl Signal {
    pub(crate) const ALL: [Self; 2] = [Self::Traces, Self::Logs];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
        }
    }
}

// === impl Source ===

impl Source {
    pub(crate) fn new(recorder: FlightRecorder, signal: Signal, query: Query) -> Self {
        Self {
            recorder,
            signal,
            query,
            logs: 0,
            calls: None,
        }
    }

    /// Returns what is new and matches the query as an OTLP request, the newest up to the limit. `None` if nothing is.
    pub(crate) fn read(&mut self, shared: &Shared) -> Option<Value> {
        let limit = self.query.limit;
        match self.signal {
            Signal::Traces => {
                let mut calls = self.recorder.calls();
                let end = |call: &gusset_incident::CallEntry| call.started() + call.duration();
                let (after, query) = (self.calls, &self.query);
                self.calls = calls.last().map(end).max(after);
                calls.retain(|call| after.is_none_or(|after| end(call) > after));
                calls.retain(|call| call.span_ids().is_some() && is_match(call, query));
                let new = &calls[calls.len().saturating_sub(limit)..];
                (!new.is_empty()).then(|| otlp::traces(shared, &self.recorder, new))
            }
            Signal::Logs => {
                let (mut records, count) = self.recorder.logs_since(self.logs);
                self.logs = count;
                records.retain(|record| is_record_match(record, &self.query));
                let new = &records[records.len().saturating_sub(limit)..];
                (!new.is_empty()).then(|| otlp::logs(shared, new))
            }
        }
    }
}

// === impl Records ===

impl Records {
    pub(crate) fn new(place: Place, source: Source) -> Self {
        Self {
            place,
            wait: Box::pin(sleep_until(Instant::now())),
            source,
        }
    }
}

impl Body for Records {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Self {
            place,
            wait,
            source,
        } = &mut *self;
        while wait.as_mut().poll(cx).is_ready() {
            let shared = place.operations().shared();
            let (_, next) = shared.live.tick();
            wait.as_mut().reset(next);
            if let Some(request) = source.read(shared) {
                let line = Bytes::from(format!("{request}\n"));
                return Poll::Ready(Some(Ok(Frame::data(line))));
            }
        }
        Poll::Pending
    }
}
