//! Per-call memory that is used again.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::thread::LocalKey;

/// The memory of calls that have ended on this thread, so that the next call allocates none.
///
/// It is meant for a `thread_local`. What is released must be unique and cleared by the caller: the
/// pool keeps memory and not content. A pool holds at most [`CAPACITY`](Self::CAPACITY) objects.
///
/// ```
/// use gusset_core::Pool;
///
/// thread_local! {
///     static BUFFERS: Pool<Vec<u8>> = const { Pool::new() };
/// }
///
/// let buffer = Pool::acquire(&BUFFERS);
/// Pool::release(&BUFFERS, buffer);
/// ```
pub struct Pool<T>(RefCell<Vec<Arc<T>>>);

// === impl Pool ===

impl<T> Pool<T> {
    /// The number of calls that may end at once on a thread and leave their memory.
    pub const CAPACITY: usize = 128;

    /// Creates an empty pool.
    pub const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Returns memory that is unique: that of a call that has ended, or a new default.
    #[inline]
    pub fn acquire(pool: &'static LocalKey<Self>) -> Arc<T>
    where
        T: Default,
    {
        let pooled = pool.try_with(|pool| pool.0.try_borrow_mut().ok()?.pop());
        pooled.ok().flatten().unwrap_or_default()
    }

    /// Keeps the memory of a call that has ended. It is dropped if the pool is full, and on a thread
    /// that is exiting.
    #[inline]
    pub fn release(pool: &'static LocalKey<Self>, memory: Arc<T>) {
        let _ = pool.try_with(|pool| {
            if let Ok(mut pool) = pool.0.try_borrow_mut() {
                if pool.len() < Self::CAPACITY {
                    pool.push(memory);
                }
            }
        });
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
