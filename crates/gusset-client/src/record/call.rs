//! What is known of one call.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use gusset_core::{Pool, StaticStr};
use http::{Request, Response, StatusCode, Version};

use super::{Attempts, ConnectionRecord};
use crate::peer::{Peer, Target};
use crate::recent::Sent;
use crate::scope;
use crate::shared::Shared;
use crate::time::{Mark, between};
use crate::{Phase, Timings};

/// The times of a call, shared by its future, both of its bodies and the caller.
#[derive(Debug, Default)]
pub(crate) struct CallRecord {
    /// `None` only in the pool.
    shared: Option<Arc<Shared>>,
    target: Target,
    started: u64,
    /// When a connection took the request.
    dispatched: Mark,
    /// When it took the last part of the request so far.
    taken: Mark,
    is_sent: AtomicBool,
    /// Whether the connection has begun to read the body.
    has_begun: AtomicBool,
    responded: Mark,
    ended: Mark,
    /// The connection of the response, if the client names it.
    connection: OnceLock<Arc<ConnectionRecord>>,
    is_new: AtomicBool,
    /// The connections that the call has begun, the last last.
    connecting: Mutex<Vec<Arc<ConnectionRecord>>>,
    /// The request, if calls are kept.
    sent: Option<Box<Sent>>,
    /// The response, if calls are kept.
    response: OnceLock<(StatusCode, Version)>,
    /// The attempts that the call is one of.
    attempts: Option<Arc<Attempts>>,
}

/// A reference to a call. The last one returns the memory to the pool.
#[derive(Clone, Debug)]
pub(crate) struct CallRef(Option<Arc<CallRecord>>);

/// The connections that a call remembers. A redirect of a client begins one for each server.
const MAX_CONNECTIONS: usize = 16;

thread_local! {
    static CALL: Cell<Option<Arc<CallRecord>>> = const { Cell::new(None) };
    static POOL: Pool<CallRecord> = const { Pool::new() };
}

// === impl CallRef ===

impl CallRef {
    #[inline]
    pub(crate) fn start<B>(shared: &Arc<Shared>, req: &Request<B>) -> Self {
        let mut call = Pool::acquire(&POOL);
        let record = Arc::get_mut(&mut call).expect("what the pool holds is unique");
        record.started = shared.ticks.now();
        record.attempts = Attempts::begin(shared, record.started);
        record.shared = Some(Arc::clone(shared));
        record.target = Target::new(req.uri());
        if shared.recent.is_some() {
            record.sent = Some(Sent::new(req.method(), req.uri()));
        }
        Self(Some(call))
    }

    /// Makes the call the one that the connectors inside of `work` are called for.
    #[inline]
    pub(crate) fn enter<R>(&mut self, work: impl FnOnce() -> R) -> R {
        scope::enter(&CALL, &mut self.0, work)
    }

    #[inline]
    pub(crate) fn get(&self) -> &CallRecord {
        self.0
            .as_ref()
            .expect("it is taken only during a poll, at its end, and by `drop`")
    }

    /// Returns the reference, and leaves none.
    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        Self(self.0.take())
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl Drop for CallRef {
    #[inline]
    fn drop(&mut self) {
        if let Some(mut call) = self.0.take() {
            // The future and both bodies: most drops are not the last, which this finds without an atomic change.
            if Arc::strong_count(&call) > 1 {
                return;
            }
            if let Some(record) = Arc::get_mut(&mut call) {
                record.clear();
                Pool::release(&POOL, call);
            }
        }
    }
}

// === impl CallRecord ===

impl CallRecord {
    /// Adds a connection to the call that is polled on this thread, if it is one of the same timer.
    pub(crate) fn attempt(shared: &Arc<Shared>, connection: &Arc<ConnectionRecord>) {
        if let Some(call) = Self::current(shared) {
            call.add(connection);
        }
    }

    /// Begins a connection to the server of the call that is polled on this thread.
    pub(crate) fn begin_attempt(shared: &Arc<Shared>) -> Option<Arc<ConnectionRecord>> {
        let call = Self::current(shared)?;
        let connection = ConnectionRecord::start(shared, &call.target);
        call.add(&connection);
        Some(connection)
    }

    fn current(shared: &Arc<Shared>) -> Option<Arc<Self>> {
        let call = scope::current(&CALL)?;
        let is_ours = |own: &Arc<Shared>| Arc::ptr_eq(own, shared);
        call.shared.as_ref().is_some_and(is_ours).then_some(call)
    }

    fn add(&self, connection: &Arc<ConnectionRecord>) {
        let mut connecting = self.connecting();
        if connecting.len() < MAX_CONNECTIONS {
            connecting.push(Arc::clone(connection));
        }
    }

    /// Records that the connection reads the body, so that what follows is not its dispatch.
    #[inline]
    pub(crate) fn begin_body(&self) {
        self.has_begun.store(true, Ordering::Relaxed);
    }

    /// Records that a connection takes the request, before it reads the body. A client that sends it again calls this
    /// again.
    #[inline]
    pub(crate) fn dispatch(&self, is_whole: bool) {
        if self.has_begun.load(Ordering::Relaxed) {
            return;
        }
        let now = self.now();
        self.dispatched.set(now);
        self.taken.set(now);
        self.is_sent.store(is_whole, Ordering::Relaxed);
    }

    /// Records that the connection has taken a part of the request.
    pub(crate) fn take_part(&self, is_last: bool) {
        let now = self.now();
        if !self.dispatched.is_set() {
            self.dispatched.set(now);
        }
        self.taken.set(now);
        if is_last {
            self.is_sent.store(true, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn respond(&self, connection: Option<Arc<ConnectionRecord>>) {
        let now = self.now();
        self.responded.set(now);
        if let Some(attempts) = &self.attempts {
            attempts.end(now);
        }
        // A server may respond before it has read the whole request.
        self.is_sent.store(true, Ordering::Relaxed);
        let is_new = match connection {
            Some(connection) => {
                let is_new = connection.take() && connection.established() >= Some(self.started);
                // Set once: a call has one response.
                let _ = self.connection.set(connection);
                is_new
            }
            None => {
                let connecting = self.connecting();
                connecting.iter().any(|it| it.established().is_some())
            }
        };
        self.is_new.store(is_new, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn end(&self) {
        self.ended.set(self.now());
    }

    /// Records that the call has no response.
    #[cold]
    pub(crate) fn fail(&self) {
        let now = self.now();
        self.ended.set(now);
        if let Some(attempts) = &self.attempts {
            attempts.end(now);
        }
    }

    /// Notes the response of a call that is kept.
    #[inline]
    pub(crate) fn note_response<B>(&self, response: &Response<B>) {
        if self.sent.is_some() {
            // Set once: a call has one response.
            let _ = self.response.set((response.status(), response.version()));
        }
    }

    /// Adds the call to those that are kept, once it has ended.
    #[inline]
    pub(crate) fn keep(&self, error: Option<StaticStr>) {
        if let (Some(sent), Some(recent)) = (&self.sent, &self.shared().recent) {
            recent.add(sent, self.response.get().copied(), error, self.timings());
        }
    }

    #[inline]
    pub(crate) fn is_new(&self) -> bool {
        self.is_new.load(Ordering::Relaxed)
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        self.shared.as_ref().expect("a call has a timer")
    }

    /// Returns the server.
    #[inline]
    pub(crate) fn peer(&self) -> &Arc<Peer> {
        match self.connection.get() {
            Some(connection) => connection.peer(),
            None => self.shared().peers.get(&self.target),
        }
    }

    /// Returns the phase in which the call is.
    pub(crate) fn phase(&self) -> Phase {
        if self.responded.is_set() {
            return Phase::Download;
        }
        match (
            self.dispatched.is_set(),
            self.is_sent.load(Ordering::Relaxed),
        ) {
            (true, true) => Phase::FirstByte,
            (true, false) => Phase::Send,
            (false, _) => self
                .connecting()
                .last()
                .map_or(Phase::Wait, |last| last.phase()),
        }
    }

    /// Returns the time from the headers of the response to the end of its body.
    #[inline]
    pub(crate) fn download(&self) -> Duration {
        let ended = self.ended.get().unwrap_or_default();
        between(self.responded.get().unwrap_or(ended), ended)
    }

    /// Returns the times of a call on a reused connection up to the headers: all of it that a histogram gets, without
    /// what [`timings`](Self::timings) has to consider. `None` for other calls.
    #[inline]
    pub(crate) fn reused(&self) -> Option<[(Phase, Duration); 3]> {
        if self.is_new() || self.connection.get().is_none() {
            return None;
        }
        let (dispatched, responded) = (self.dispatched.get()?, self.responded.get()?);
        // What the server did not wait for was sent until the response.
        let sent = self.taken.get()?;
        Some([
            (Phase::Wait, between(self.started, dispatched)),
            (Phase::Send, between(dispatched, sent)),
            (Phase::FirstByte, between(sent, responded)),
        ])
    }

    /// Returns the times up to now, or to the end of the call.
    pub(crate) fn timings(&self) -> Timings {
        let now = self.ended.get().unwrap_or_else(|| self.now());
        let responded = self.responded.get();
        let dispatched = self.dispatched.get();
        let mut timings = Timings::new(!self.is_new());
        let connected_by = dispatched.or(responded).unwrap_or(now);
        let mut connecting = Duration::ZERO;
        let mut add = |connection: &ConnectionRecord| {
            for (phase, time) in connection.within(self.started, connected_by) {
                let sum = timings.get(phase).unwrap_or_default() + time;
                timings = timings.with(phase, sum);
                connecting += time;
            }
        };
        match self.connection.get() {
            Some(connection) if self.is_new() => add(connection),
            Some(_) => {}
            None => self.connecting().iter().for_each(|it| add(it)),
        }
        let until_dispatch = between(self.started, connected_by).saturating_sub(connecting);
        let waits_for_response = match (dispatched, responded) {
            // The client does not tell when it takes the request: the wait is a part of the time to the first byte.
            (None, Some(_)) => {
                return self.with_download(timings.with(Phase::FirstByte, until_dispatch), now);
            }
            (None, None) => return timings.with(Phase::Wait, until_dispatch),
            (Some(dispatched), _) => dispatched,
        };
        timings = timings.with(Phase::Wait, until_dispatch);
        let is_sent = self.is_sent.load(Ordering::Relaxed);
        let sent = self.taken.get().filter(|_| is_sent);
        let send_end = sent.unwrap_or(now);
        timings = timings.with(Phase::Send, between(waits_for_response, send_end));
        if let Some(sent) = sent {
            let first_byte = between(sent, responded.unwrap_or(now));
            timings = timings.with(Phase::FirstByte, first_byte);
        }
        self.with_download(timings, now)
    }

    fn with_download(&self, timings: Timings, now: u64) -> Timings {
        match self.responded.get() {
            Some(responded) => timings.with(Phase::Download, between(responded, now)),
            None => timings,
        }
    }

    #[inline]
    fn now(&self) -> u64 {
        self.shared().ticks.now()
    }

    /// Ignores poison: no change can be interrupted by a panic.
    fn connecting(&self) -> MutexGuard<'_, Vec<Arc<ConnectionRecord>>> {
        self.connecting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn clear(&mut self) {
        let Self {
            shared,
            target,
            started,
            dispatched,
            taken,
            is_sent,
            has_begun,
            responded,
            ended,
            connection,
            is_new,
            connecting,
            sent,
            response,
            attempts,
        } = self;
        *shared = None;
        *target = Target::default();
        *started = 0;
        for mark in [dispatched, taken, responded, ended] {
            mark.clear();
        }
        *is_sent.get_mut() = false;
        *has_begun.get_mut() = false;
        *is_new.get_mut() = false;
        connection.take();
        *sent = None;
        response.take();
        *attempts = None;
        let connecting = connecting.get_mut();
        connecting.unwrap_or_else(PoisonError::into_inner).clear();
    }
}
