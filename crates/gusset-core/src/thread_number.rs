//! The numbers of threads.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Returns the number of this thread, from one, in the order in which threads first called this.
///
/// For state that is kept once for each of some groups of threads, so that processors do not wait for each other. Costs a
/// read of a thread-local, about fifteen instructions.
///
/// ```
/// let here = gusset_core::thread_number();
/// let elsewhere = std::thread::spawn(gusset_core::thread_number).join().expect("it does not panic");
/// assert_eq!(here, gusset_core::thread_number());
/// assert_ne!(here, elsewhere);
/// ```
#[inline]
pub fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    thread_local!(static NUMBER: Cell<usize> = const { Cell::new(0) });
    match NUMBER.get() {
        0 => {
            NUMBER.set(NEXT.fetch_add(1, Relaxed));
            NUMBER.get()
        }
        number => number,
    }
}
