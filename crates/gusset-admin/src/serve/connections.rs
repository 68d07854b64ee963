//! The connections that are served, and which of them gives way to a new one.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout};

use super::activity::Activity;
use super::close_reason::{CloseReason, Closures};

/// The tasks of all connections.
///
/// Connections are never refused: a client that holds many of them would shut everyone else out.
/// Instead, the one that has waited longest for its client is closed.
pub(super) struct Connections {
    tasks: JoinSet<()>,
    /// Those that were not aborted. Few, and searched only when one has to give way.
    open: Vec<Connection>,
    max_connections: usize,
    max_per_peer: usize,
    pub(super) closures: Closures,
}

struct Connection {
    peer: IpAddr,
    activity: Arc<Activity>,
    task: AbortHandle,
}

// === impl Connections ===

impl Connections {
    pub(super) fn new(max_connections: usize, max_per_peer: usize, closures: Closures) -> Self {
        Self {
            tasks: JoinSet::new(),
            open: Vec::new(),
            max_connections,
            max_per_peer,
            closures,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Serves a connection, and closes another one for it if there are too many.
    pub(super) fn spawn(
        &mut self,
        peer: IpAddr,
        activity: Arc<Activity>,
        connection: impl Future<Output = ()> + Send + 'static,
    ) {
        let peer = peer_key(peer);
        let of_peer = self.open.iter().filter(|open| open.peer == peer).count();
        if of_peer >= self.max_per_peer {
            self.close_first(CloseReason::PeerLimit, |open| open.peer == peer);
        } else if self.open.len() >= self.max_connections {
            self.close_first(CloseReason::Full, |_| true);
        }
        let task = self.tasks.spawn(connection);
        self.open.push(Connection {
            peer,
            activity,
            task,
        });
    }

    /// Waits until a connection ends, and removes it. Returns `None` if there is none.
    pub(super) async fn next_ended(&mut self) -> Option<()> {
        let _ = self.tasks.join_next().await?;
        self.open.retain(|open| !open.task.is_finished());
        Some(())
    }

    /// Closes the connection that has been idle or stalled longest, and waits until it is closed.
    /// Returns whether there was one.
    pub(super) async fn close_idlest(&mut self, reason: CloseReason) -> bool {
        self.close_first(reason, |_| true) && self.next_ended().await.is_some()
    }

    /// Closes the connections whose clients do not read.
    pub(super) fn close_stalled(&mut self, now: Instant) {
        let Self { open, closures, .. } = self;
        open.retain(|open| {
            let stalled = open.activity.write_timed_out(now);
            if stalled {
                open.task.abort();
                closures.record(CloseReason::WriteTimeout);
            }
            !stalled
        });
    }

    /// Waits until all connections have ended, at most this long.
    pub(super) async fn join_all(&mut self, limit: Duration) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let _ = timeout(limit, all).await;
    }

    fn close_first(&mut self, reason: CloseReason, eligible: impl Fn(&Connection) -> bool) -> bool {
        let eligible = (self.open.iter().enumerate()).filter(|(_, open)| eligible(open));
        let Some((at, _)) = eligible.min_by_key(|(_, open)| open.activity.rank()) else {
            return false;
        };
        self.open.swap_remove(at).task.abort();
        self.closures.record(reason);
        true
    }
}

/// Returns what counts as one peer: an IPv4 address, or an IPv6 network of 64 bits, in which one client
/// may choose any address.
fn peer_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_are_one_peer() {
        let key = |address: &str| peer_key(address.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }
}
