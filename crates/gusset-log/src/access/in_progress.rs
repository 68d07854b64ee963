//! Log entries for requests that are still in progress.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gusset_core::{Clock, PanicCounter, SpanIds};
use gusset_http::truncate_str;
use gusset_http::{RequestAttributes, RequestHead, RequestId, RequestOptions, Route, Side};
use http::Request;

use super::display::MAX_ROUTE_BYTES;
use crate::names;
use crate::sync::lock;

/// More requests at a time are not watched.
const MAX_REQUESTS: usize = 10_000;

/// The requests in progress, and the thread that logs them.
pub(super) struct InProgress(Arc<Requests>);

pub(super) struct Registration {
    requests: Arc<Requests>,
    id: u64,
}

#[derive(Default)]
struct Requests {
    table: Mutex<Table>,
    stopped: Condvar,
}

#[derive(Default)]
struct Table {
    requests: HashMap<u64, InProgressRequest>,
    next_id: u64,
    is_stopped: bool,
}

/// The facts of a request in progress that are logged.
#[derive(Clone)]
pub(super) struct InProgressRequest {
    pub(super) request: Request<()>,
    pub(super) side: Side,
    pub(super) options: Arc<RequestOptions>,
    pub(super) route: Option<Route>,
    pub(super) request_id: Option<RequestId>,
    pub(super) started: Instant,
    pub(super) ids: Option<SpanIds>,
    pub(super) next_entry: Instant,
}

// === impl InProgress ===

impl InProgress {
    pub(super) fn spawn(interval: Duration) -> io::Result<Self> {
        let requests = Arc::new(Requests::default());
        let watched = requests.clone();
        thread::Builder::new()
            .name("gusset-log-slow".to_owned())
            .spawn(move || watched.run(interval))?;
        Ok(Self(requests))
    }

    /// Registers a request, or returns `None` if the table is full.
    pub(super) fn register(&self, request: InProgressRequest) -> Option<Registration> {
        let mut table = lock(&self.0.table);
        if table.requests.len() >= MAX_REQUESTS {
            return None;
        }
        let id = table.next_id;
        table.next_id += 1;
        table.requests.insert(id, request);
        drop(table);
        Some(Registration {
            requests: self.0.clone(),
            id,
        })
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        lock(&self.0.table).is_stopped = true;
        self.0.stopped.notify_all();
    }
}

// === impl Registration ===

impl Registration {
    pub(super) fn set_ids(&self, ids: SpanIds) {
        if let Some(request) = lock(&self.requests.table).requests.get_mut(&self.id) {
            request.ids = Some(ids);
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let request = lock(&self.requests.table).requests.remove(&self.id);
        // It is dropped outside of the lock, which every request takes.
        drop(request);
    }
}

// === impl Requests ===

impl Requests {
    fn run(&self, interval: Duration) {
        let clock = Clock::system();
        let panics = PanicCounter::new();
        loop {
            let table = lock(&self.table);
            // An entry is at most a quarter of the interval late.
            let waited = self.stopped.wait_timeout(table, interval / 4);
            let (mut table, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if table.is_stopped {
                return;
            }
            let now = clock.now();
            let mut due = Vec::new();
            for request in table.requests.values_mut() {
                if request.next_entry == request.started {
                    request.next_entry += interval;
                }
                if request.next_entry <= now {
                    request.next_entry = now + interval;
                    due.push(request.clone());
                }
            }
            // Subscribers are not called under the lock.
            drop(table);
            for request in due {
                // A panic of one would end this thread.
                let _ = panics.catch(|| request.log(now), || ());
            }
        }
    }
}

// === impl InProgressRequest ===

impl InProgressRequest {
    fn log(self, now: Instant) {
        let Self {
            request,
            side,
            options,
            route,
            mut request_id,
            started,
            ids,
            next_entry: _,
        } = self;
        let running = now.saturating_duration_since(started);
        let attributes = RequestAttributes::new(RequestHead::from(&request), side, &options);
        let (method, path) = (attributes.method(), attributes.reported_path());
        let route = route.as_ref().map(Route::as_str);
        let route = route.map(|route| truncate_str(route, MAX_ROUTE_BYTES));
        let emit = || {
            tracing::event!(
                name: "call.in_progress",
                target: names::ACCESS_TARGET,
                tracing::Level::WARN,
                {
                    { names::HTTP_REQUEST_METHOD } = method,
                    { names::URL_PATH } = path,
                    { names::HTTP_ROUTE } = route,
                    { names::HTTP_REQUEST_METHOD_ORIGINAL } = attributes.method_original(),
                    { names::GUSSET_CALL_RUNNING } = running.as_nanos() as f64 / 1e9,
                },
                "{} {} is still in progress",
                method,
                route.or(path).unwrap_or("-")
            );
        };
        RequestId::scope(&mut request_id, || match ids {
            Some(ids) => ids.scope(emit),
            None => emit(),
        });
    }
}
