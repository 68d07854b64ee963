//! Calls that take long say that they are still running.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gusset_core::{Clock, SpanIds};
use gusset_http::{RequestId, Route, capped};
use http::{Method, Uri};

use super::kept::Kept;
use super::shown::PATH;
use crate::names;

/// No more calls are watched at a time.
const MOST: usize = 10_000;

/// The calls under way, and the thread that looks at them.
pub(super) struct Running {
    calls: Arc<Calls>,
}

/// A call's place among those under way; gone when dropped.
pub(super) struct Ticket {
    calls: Arc<Calls>,
    number: u64,
}

#[derive(Default)]
struct Calls {
    under_way: Mutex<UnderWay>,
    stop: Condvar,
}

#[derive(Default)]
struct UnderWay {
    calls: HashMap<u64, LongCall>,
    next: u64,
    stopped: bool,
}

/// What is said of a call that runs.
#[derive(Clone)]
struct LongCall {
    method: Method,
    uri: Uri,
    route: Option<Route>,
    request_id: Option<RequestId>,
    ids: Option<SpanIds>,
    started: Instant,
    due: Instant,
}

// === impl Running ===

impl Running {
    /// Looks at the calls that will enter.
    pub(super) fn watch(every: Duration) -> io::Result<Self> {
        let calls = Arc::new(Calls::default());
        let watched = calls.clone();
        thread::Builder::new()
            .name("gusset-log-calls".to_owned())
            .spawn(move || watched.watch(every))?;
        Ok(Self { calls })
    }

    /// A place for a call, if there is one.
    pub(super) fn enter(&self, kept: &Kept, started: Instant) -> Option<Ticket> {
        let call = LongCall {
            method: kept.method_original.clone().unwrap_or_default(),
            uri: kept.uri().clone(),
            route: kept.route.clone(),
            request_id: kept.request_id.clone(),
            ids: None,
            started,
            due: started,
        };
        let mut under_way = self.calls.lock();
        if under_way.calls.len() >= MOST {
            return None;
        }
        let number = under_way.next;
        under_way.next += 1;
        under_way.calls.insert(number, call);
        drop(under_way);
        Some(Ticket {
            calls: self.calls.clone(),
            number,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.calls.lock().stopped = true;
        self.calls.stop.notify_all();
    }
}

// === impl Ticket ===

impl Ticket {
    /// Tells where the call belongs.
    pub(super) fn belongs(&self, ids: SpanIds) {
        if let Some(call) = self.calls.lock().calls.get_mut(&self.number) {
            call.ids = Some(ids);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let call = self.calls.lock().calls.remove(&self.number);
        // Dropped outside of the lock.
        drop(call);
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ticket").field(&self.number).finish()
    }
}

// === impl Calls ===

impl Calls {
    fn watch(&self, every: Duration) {
        let clock = Clock::system();
        loop {
            let under_way = self.lock();
            // A call is spoken of at most a quarter late.
            let waited = self.stop.wait_timeout(under_way, every / 4);
            let (mut under_way, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if under_way.stopped {
                return;
            }
            let now = clock.now();
            let mut long = Vec::new();
            for call in under_way.calls.values_mut() {
                if call.due == call.started {
                    call.due += every;
                }
                if call.due <= now {
                    call.due = now + every;
                    long.push(call.clone());
                }
            }
            drop(under_way);
            for call in long {
                call.say(now);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, UnderWay> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl LongCall ===

impl LongCall {
    fn say(self, now: Instant) {
        let Self {
            method,
            uri,
            route,
            mut request_id,
            ids,
            started,
            ..
        } = self;
        let running = now.saturating_duration_since(started);
        let route = route.as_ref().map(|route| capped(route.as_str(), 256));
        let path = capped(uri.path(), PATH);
        let say = || {
            tracing::event!(
                name: "call.still_running",
                target: names::ACCESS,
                tracing::Level::WARN,
                {
                    { names::METHOD } = capped(method.as_str(), 32),
                    { names::PATH } = path,
                    { names::ROUTE } = route,
                    { names::RUNNING } = running.as_nanos() as f64 / 1e9,
                },
                "{} {} is still running",
                capped(method.as_str(), 32),
                route.unwrap_or(path)
            );
        };
        RequestId::scope(&mut request_id, || match ids {
            Some(ids) => ids.scope(say),
            None => say(),
        });
    }
}
