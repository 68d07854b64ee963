//! What is known of a connection, of a call, and of its attempts.

mod attempts;
mod call;
mod connection;

pub(crate) use self::attempts::Attempts;
pub(crate) use self::call::{CallRecord, CallRef};
pub(crate) use self::connection::ConnectionRecord;
