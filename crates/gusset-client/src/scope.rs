//! What is current while a future is polled.

use std::cell::Cell;
use std::sync::Arc;
use std::thread::LocalKey;

/// A thread-local that a poll sets. What it holds belongs to the future that is polled.
pub(crate) type Current<T> = LocalKey<Cell<Option<Arc<T>>>>;

/// Makes `value` current while `work` runs. The outer value comes back when it returns or unwinds.
#[inline]
pub(crate) fn enter<T, R>(
    current: &'static Current<T>,
    value: &mut Option<Arc<T>>,
    work: impl FnOnce() -> R,
) -> R {
    struct Restore<'a, T: 'static>(&'static Current<T>, Option<Arc<T>>, &'a mut Option<Arc<T>>);
    impl<T> Drop for Restore<'_, T> {
        #[inline]
        fn drop(&mut self) {
            let outer = self.1.take();
            // The thread-local is gone only while a thread exits.
            *self.2 = self.0.try_with(|it| it.replace(outer)).ok().flatten();
        }
    }
    let own = value.take();
    let outer = current.try_with(|it| it.replace(own)).ok().flatten();
    let _restore = Restore(current, outer, value);
    work()
}

/// Returns what is current on this thread.
pub(crate) fn current<T>(current: &'static Current<T>) -> Option<Arc<T>> {
    let look = |it: &Cell<Option<Arc<T>>>| {
        let held = it.take();
        let copy = held.clone();
        it.set(held);
        copy
    };
    current.try_with(look).ok().flatten()
}
