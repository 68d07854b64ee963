//! The number of a thread.

use std::cell::Cell;

thread_local! {
    static ID: Cell<u32> = const { Cell::new(0) };
}

/// Returns the number of the thread in the kernel, as `top -H` and debuggers show it. Zero if it is unknown.
#[inline]
pub(super) fn id() -> u32 {
    match ID.try_with(Cell::get) {
        Ok(0) => find(),
        Ok(id) => id,
        // The thread is exiting.
        Err(_) => 0,
    }
}

#[cold]
fn find() -> u32 {
    let id = kernel_id();
    let _ = ID.try_with(|cell| cell.set(id));
    id
}

#[cfg(target_os = "linux")]
fn kernel_id() -> u32 {
    rustix::thread::gettid()
        .as_raw_nonzero()
        .get()
        .unsigned_abs()
}

#[cfg(not(target_os = "linux"))]
fn kernel_id() -> u32 {
    0
}
