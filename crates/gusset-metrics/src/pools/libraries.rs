//! The state of pools of common libraries.

use super::PoolState;

/// Reads a pool of `sqlx`. It does not count who waits: [`ConnectionPool::acquire`](super::ConnectionPool::acquire) does.
#[cfg(feature = "sqlx")]
impl<DB: sqlx::Database> From<&sqlx::Pool<DB>> for PoolState {
    fn from(pool: &sqlx::Pool<DB>) -> Self {
        let idle = to_u64(pool.num_idle());
        // The two are read one after the other, so there may be more idle ones by now.
        let used = u64::from(pool.size()).saturating_sub(idle);
        Self::new(used, idle).with_max(pool.options().get_max_connections().into())
    }
}

/// Reads the status of a pool of `deadpool`.
#[cfg(feature = "deadpool")]
impl From<deadpool::Status> for PoolState {
    fn from(status: deadpool::Status) -> Self {
        let deadpool::Status {
            max_size,
            size,
            available,
            waiting,
        } = status;
        Self::new(to_u64(size.saturating_sub(available)), to_u64(available))
            .with_max(to_u64(max_size))
            .with_pending(to_u64(waiting))
    }
}

/// Reads the state of a pool of `bb8`, which does not have its limit: add it ([`PoolState::with_max`]).
#[cfg(feature = "bb8")]
impl From<bb8::State> for PoolState {
    fn from(state: bb8::State) -> Self {
        let used = state.connections.saturating_sub(state.idle_connections);
        let statistics = &state.statistics;
        let pending = statistics
            .get_started
            .saturating_sub(statistics.completed_gets());
        Self::new(used.into(), state.idle_connections.into()).with_pending(pending)
    }
}

#[cfg(any(feature = "deadpool", feature = "sqlx"))]
fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
