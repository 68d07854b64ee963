//! The five jobs, written manually for this one service: what is left when nothing can be configured and nothing can go wrong.
//! It handles neither errors nor panics nor clients that leave. For comparison only.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use gusset_benches::manual::Histogram;
use http::{HeaderName, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::floor_call::{Call, FloorFuture, now};

/// The five jobs.
#[derive(Clone, Debug, Default)]
pub struct FloorLayer {
    shared: Arc<Shared>,
}

/// The service of [`FloorLayer`].
#[derive(Clone, Debug)]
pub struct Floor<S> {
    inner: S,
    shared: Arc<Shared>,
}

/// What all calls share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    is_open: AtomicBool,
    successes: AtomicU64,
    failures: AtomicU64,
    active: AtomicU64,
    durations: Histogram,
    lines: Mutex<String>,
    /// Spans until the exporter takes them.
    spans: Mutex<Vec<Span>>,
}

/// A span as it is queued. The exporter would add the rest.
#[derive(Debug)]
#[allow(dead_code, reason = "no exporter reads it")]
struct Span {
    trace_id: u128,
    span_id: u64,
    parent: u64,
    start: u64,
    duration: u64,
    route: Option<MatchedPath>,
    status: u16,
}

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The spans that fill the queue.
const MAX_SPANS: usize = 512;

// === impl FloorLayer ===

impl<S> Layer<S> for FloorLayer {
    type Service = Floor<S>;

    fn layer(&self, inner: S) -> Floor<S> {
        let shared = Arc::clone(&self.shared);
        Floor { inner, shared }
    }
}

// === impl Floor ===

impl<S, B> Service<Request> for Floor<S>
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    type Response = Response<crate::floor_call::FloorBody<B>>;
    type Error = Infallible;
    type Future = FloorFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        assert!(!self.shared.is_open.load(Relaxed), "it never opens here");
        self.shared.active.fetch_add(1, Relaxed);
        let (trace_id, parent) = request
            .headers()
            .get(TRACEPARENT)
            .and_then(|value| parse(value.as_bytes()))
            .unwrap_or_else(|| (fastrand::u128(1..), 0));
        let call = Call {
            shared: Arc::clone(&self.shared),
            start: now(),
            request_id: fastrand::u128(1..),
            trace_id,
            parent,
            span_id: fastrand::u64(1..),
            route: request.extensions().get::<MatchedPath>().cloned(),
            status: 0,
            bytes: 0,
        };
        FloorFuture::new(self.inner.call(request), call)
    }
}

// === impl Shared ===

impl Shared {
    /// Does what is left to do at the end of a call.
    pub(crate) fn end(&self, call: &mut Call) {
        let duration = now().saturating_duration_since(call.start).as_nanos() as u64;
        let verdict = if call.status < 500 {
            &self.successes
        } else {
            &self.failures
        };
        verdict.fetch_add(1, Relaxed);
        self.durations.record(duration);
        self.active.fetch_sub(1, Relaxed);
        self.line(call, duration);
        let span = Span {
            trace_id: call.trace_id,
            span_id: call.span_id,
            parent: call.parent,
            start: unix_nanos(),
            duration,
            route: call.route.take(),
            status: call.status,
        };
        let mut spans = self.spans.lock().expect("no holder panics");
        if spans.len() == MAX_SPANS {
            spans.clear();
        }
        spans.push(span);
    }

    /// Formats the line, and discards it.
    fn line(&self, call: &Call, duration: u64) {
        let mut line = self.lines.lock().expect("no holder panics");
        line.clear();
        let route = call.route.as_ref().map_or("", MatchedPath::as_str);
        let _ = write!(
            line,
            "{{\"time\":{},\"level\":\"INFO\",\"trace_id\":\"{:032x}\",\"span_id\":\"{:016x}\",\"request_id\":\"{:032x}\",\
             \"method\":\"GET\",\"route\":\"{route}\",\"status\":{},\"bytes\":{},\"duration_ns\":{duration}}}\n",
            unix_nanos(),
            call.trace_id,
            call.span_id,
            call.request_id,
            call.status,
            call.bytes,
        );
        std::hint::black_box(line.as_bytes());
    }
}

/// Reads the ids of a `traceparent`.
fn parse(value: &[u8]) -> Option<(u128, u64)> {
    let text = std::str::from_utf8(value).ok()?;
    let trace_id = u128::from_str_radix(text.get(3..35)?, 16).ok()?;
    let parent = u64::from_str_radix(text.get(36..52)?, 16).ok()?;
    Some((trace_id, parent))
}

fn unix_nanos() -> u64 {
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    time.map_or(0, |since| since.as_nanos() as u64)
}
