//! What fills in a snapshot.

use crate::Snapshot;

/// Reads a part of a snapshot: the system, a runtime, an allocator, the calls of the service.
///
/// ```
/// use gusset_system::{Pool, Snapshot, Source};
///
/// /// Reads how many connections of a pool are in use.
/// struct PoolSource;
///
/// impl Source for PoolSource {
///     fn read(&mut self, snapshot: &mut Snapshot) {
///         let mut pool = Pool::default();
///         pool.name = "orders".into();
///         pool.in_use = Some(3);
///         pool.size = Some(10);
///         snapshot.service.pools = Some(vec![pool]);
///     }
/// }
///
/// let mut snapshot = Snapshot::default();
/// PoolSource.read(&mut snapshot);
/// assert_eq!(snapshot.service.pools.as_deref().map(<[_]>::len), Some(1));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of readings",
    label = "does not fill in a snapshot",
    note = "implement `Source`: one method, `read`"
)]
pub trait Source: Send + 'static {
    /// Reads now.
    ///
    /// The snapshot may have values of before, so that its memory is used again: set each value that this source
    /// reads, to `None` if it is unknown, and leave the others.
    ///
    /// It is called every few seconds, on a thread that may block for a while.
    fn read(&mut self, snapshot: &mut Snapshot);
}
