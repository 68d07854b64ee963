//! What is known of a connection, of a call, and of its attempts.

mod attempts;
mod call;
mod connection;

use std::sync::Arc;

pub(crate) use self::attempts::Attempts;
pub(crate) use self::call::{CallRecord, CallRef};
pub(crate) use self::connection::ConnectionRecord;

/// What a connection adds to the extensions of its responses.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionInfo(pub(crate) Arc<ConnectionRecord>);
