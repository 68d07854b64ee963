//! Lines on their way out: a bounded queue, and one thread that writes.

mod guard;
mod queue;
mod thread;

pub use self::guard::FlushGuard;
pub(crate) use self::queue::Queue;
pub(crate) use self::thread::{Chores, Writer};
