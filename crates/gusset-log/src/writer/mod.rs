//! The output of entries: a bounded queue and one thread that writes.

mod flush_guard;
mod queue;
mod thread;

pub use self::flush_guard::FlushGuard;
pub(crate) use self::queue::Queue;
pub(crate) use self::thread::{BackgroundTasks, Writer};
