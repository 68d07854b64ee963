//! What is known of one connection.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gusset_core::StaticStr;

use crate::Phase;
use crate::peer::{Peer, Target};
use crate::scope;
use crate::shared::Shared;
use crate::time::{Mark, between};

/// A connection from the call of its connector. It passes through its phases once, whichever call waits for
/// it: a client hands a connection to another call than the one that began it, and completes it without any.
#[derive(Debug)]
pub(crate) struct ConnectionRecord {
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    is_https: bool,
    started: u64,
    dns_started: Mark,
    dns_ended: Mark,
    /// Set by `TimedTcp` before a handshake. Without one it is the end of the whole.
    tcp_ended: Mark,
    established: Mark,
    uses: AtomicU32,
}

thread_local! {
    static CONNECTING: Cell<Option<Arc<ConnectionRecord>>> = const { Cell::new(None) };
}

// === impl ConnectionRecord ===

impl ConnectionRecord {
    pub(crate) fn start(shared: &Arc<Shared>, target: &Target) -> Arc<Self> {
        Arc::new(Self {
            started: shared.ticks.now(),
            shared: Arc::clone(shared),
            peer: Arc::clone(shared.peers.get(target)),
            is_https: target.is_https,
            dns_started: Mark::default(),
            dns_ended: Mark::default(),
            tcp_ended: Mark::default(),
            established: Mark::default(),
            uses: AtomicU32::new(0),
        })
    }

    /// Makes the connection the one that the resolver and the connectors inside of `work` belong to.
    pub(crate) fn enter<R>(slot: &mut Option<Arc<Self>>, work: impl FnOnce() -> R) -> R {
        scope::enter(&CONNECTING, slot, work)
    }

    /// Returns the connection that is being established in the poll on this thread.
    pub(crate) fn current() -> Option<Arc<Self>> {
        scope::current(&CONNECTING)
    }

    pub(crate) fn begin_lookup(&self) {
        self.dns_started.set(self.shared.ticks.now());
    }

    pub(crate) fn end_lookup(&self, error: Option<StaticStr>) {
        let now = self.shared.ticks.now();
        let time = between(self.dns_started.get().unwrap_or(now), now);
        self.peer.looked_up(time, error);
        // A failed lookup has not ended: it is the phase in which the call fails.
        if error.is_none() {
            self.dns_ended.set(now);
        }
    }

    pub(crate) fn end_tcp(&self) {
        self.tcp_ended.set(self.shared.ticks.now());
    }

    /// Records that a connection is open, until [`close`](Self::close).
    pub(crate) fn open(&self) {
        self.establish();
        self.peer.opened();
    }

    /// Records the phases of the connection. They are its own, so they are recorded once and not by the calls.
    pub(crate) fn establish(&self) {
        let now = self.shared.ticks.now();
        if !self.tcp_ended.is_set() {
            self.tcp_ended.set(now);
        }
        self.established.set(now);
        let phases = self.spans(now);
        // The lookup has a metric of its own.
        let phases = phases.filter(|(phase, ..)| *phase != Phase::Dns);
        self.peer
            .spent(phases.map(|(phase, start, end)| (phase, between(start, end))));
    }

    pub(crate) fn close(&self) {
        let life = self.established.get().unwrap_or(self.started);
        self.peer.closed(between(life, self.shared.ticks.now()));
    }

    /// Returns whether the call that takes the connection is the first.
    pub(crate) fn take(&self) -> bool {
        self.uses.fetch_add(1, Ordering::Relaxed) == 0
    }

    pub(crate) fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }

    pub(crate) fn established(&self) -> Option<u64> {
        self.established.get()
    }

    /// Returns the phase in which the connection is, or in which it failed. `Wait` once it is established.
    pub(crate) fn phase(&self) -> Phase {
        match (self.dns_started.get(), self.dns_ended.get()) {
            (Some(_), None) => return Phase::Dns,
            _ if !self.tcp_ended.is_set() => return Phase::Tcp,
            _ => {}
        }
        match self.established.is_set() {
            true => Phase::Wait,
            false => Phase::Tls,
        }
    }

    /// Returns how much of each phase is within a window. What has not ended lasts to its end.
    pub(crate) fn within(
        &self,
        start: u64,
        end: u64,
    ) -> impl Iterator<Item = (Phase, Duration)> + '_ {
        let spans = self.spans(end);
        let clipped = spans.map(move |(phase, from, to)| (phase, from.max(start), to.min(end)));
        let within = clipped.filter(|(_, from, to)| from <= to);
        within.map(|(phase, from, to)| (phase, between(from, to)))
    }

    /// Returns the beginning and the end of each phase that has begun.
    fn spans(&self, now: u64) -> impl Iterator<Item = (Phase, u64, u64)> + '_ {
        let dns = self.dns_started.get();
        let dns = dns.map(|start| (Phase::Dns, start, self.dns_ended.get().unwrap_or(now)));
        let tcp_started = match dns {
            Some(_) => self.dns_ended.get(),
            None => Some(self.started),
        };
        let tcp = tcp_started.map(|start| (Phase::Tcp, start, self.tcp_ended.get().unwrap_or(now)));
        let tls = self.tcp_ended.get().filter(|_| self.is_https);
        let tls = tls.map(|start| (Phase::Tls, start, self.established.get().unwrap_or(now)));
        // Without a mark of its own, the handshake is a part of the time of TCP.
        let tls = tls.filter(|_| self.tcp_ended.get() != self.established.get());
        [dns, tcp, tls].into_iter().flatten()
    }
}
