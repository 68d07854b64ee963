//! The `tracing` event of an access log entry.
//!
//! `tracing` fixes the level of an event at compile time. So there is one event for each level of each
//! kind of request.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use tracing::{Level, event};

use super::config::Side;
use super::display::{Summary, seconds, version_str};
use super::fields::{client_fields, grpc_client_fields, grpc_server_fields, server_fields};
use super::record::AccessRecord;
use crate::names;

thread_local! {
    static CURRENT: Cell<Option<Arc<AccessRecord>>> = const { Cell::new(None) };
}

/// The request whose access log event is being dispatched on this thread.
///
/// [`LogLayer`](crate::LogLayer) reads it directly. An event passes each field through two virtual
/// calls, which only other subscribers need.
pub(crate) struct CurrentRecord;

/// Emits an event with the given rows of a table in `fields.rs`.
macro_rules! emit {
    ([$level:expr, $name:literal, $summary:expr]
        $($presence:ident $kind:ident $key:ident = $value:expr;)*) => {
        at_level!($level, $name, $summary, {
            $({ names::$key } = event_value!($presence $kind $value),)*
        })
    };
}

/// Emits an event without the rows that are `rare`: an empty field costs too.
macro_rules! emit_common {
    ([$($args:tt)*] $($rows:tt)*) => { emit_common! { @ [$($args)*] {} $($rows)* } };
    (@ [$($args:tt)*] { $($kept:tt)* }) => { emit! { [$($args)*] $($kept)* } };
    (@ [$($args:tt)*] { $($kept:tt)* }
        rare $kind:ident $key:ident = $value:expr; $($rows:tt)*) => {
        emit_common! { @ [$($args)*] { $($kept)* } $($rows)* }
    };
    (@ [$($args:tt)*] { $($kept:tt)* }
        $presence:ident $kind:ident $key:ident = $value:expr; $($rows:tt)*) => {
        emit_common! {
            @ [$($args)*] { $($kept)* $presence $kind $key = $value; } $($rows)*
        }
    };
}

/// Converts the value of a row to one that an event can record.
macro_rules! event_value {
    (always display $value:expr) => {
        display($value)
    };
    (always seconds $value:expr) => {
        seconds($value)
    };
    (always outcome $value:expr) => {
        $value.as_str()
    };
    ($presence:ident version $value:expr) => {
        version_str($value)
    };
    ($presence:ident seconds $value:expr) => {
        $value.map(seconds)
    };
    ($presence:ident display $value:expr) => {
        $value.map(display)
    };
    ($presence:ident header $value:expr) => {
        $value.map(display)
    };
    ($presence:ident query $value:expr) => {
        $value.map(display)
    };
    ($presence:ident $kind:ident $value:expr) => {
        $value
    };
}

/// Emits an event at a level that is known at run time.
macro_rules! at_level {
    ($level:expr, $name:literal, $message:expr, { $($fields:tt)* }) => {
        match $level {
            Level::TRACE => at_level!(@ TRACE, $name, $message, { $($fields)* }),
            Level::DEBUG => at_level!(@ DEBUG, $name, $message, { $($fields)* }),
            Level::INFO => at_level!(@ INFO, $name, $message, { $($fields)* }),
            Level::WARN => at_level!(@ WARN, $name, $message, { $($fields)* }),
            Level::ERROR => at_level!(@ ERROR, $name, $message, { $($fields)* }),
        }
    };
    (@ $level:ident, $name:literal, $message:expr, { $($fields:tt)* }) => {
        event!(
            name: $name,
            target: names::ACCESS_TARGET,
            Level::$level,
            { message = display($message), $($fields)* }
        )
    };
}

/// Emits the access log entry of a request.
pub(super) fn emit(level: Level, record: &Arc<AccessRecord>) {
    CurrentRecord::set(Some(record.clone()));
    match record.config().side {
        Side::Server if record.has_only_common_fields() => common_server(record, level),
        Side::Server => server(record, level),
        Side::Client => client(record, level),
        Side::GrpcServer => grpc_server(record, level),
        Side::GrpcClient => grpc_client(record, level),
    }
    CurrentRecord::set(None);
}

#[inline]
fn common_server(record: &AccessRecord, level: Level) {
    let message = Message(record, AccessRecord::summary);
    server_fields!(record => emit_common!(level, "http.server.request", message));
}

fn server(record: &AccessRecord, level: Level) {
    let message = Message(record, AccessRecord::summary);
    server_fields!(record => emit!(level, "http.server.request", message));
}

fn client(record: &AccessRecord, level: Level) {
    let message = Message(record, AccessRecord::summary);
    let peer = record.peer();
    client_fields!(record, peer => emit!(level, "http.client.request", message));
}

fn grpc_server(record: &AccessRecord, level: Level) {
    let message = Message(record, AccessRecord::rpc_summary);
    let method = record.rpc_method();
    grpc_server_fields!(record, method => emit!(level, "rpc.server.call", message));
}

fn grpc_client(record: &AccessRecord, level: Level) {
    let message = Message(record, AccessRecord::rpc_summary);
    let peer = record.peer();
    grpc_client_fields!(record, peer => emit!(level, "rpc.client.call", message));
}

// === impl CurrentRecord ===

impl CurrentRecord {
    /// Takes the record. An event that is logged while this one is formatted must not find it.
    #[inline]
    pub(crate) fn take() -> Option<Arc<AccessRecord>> {
        CURRENT.try_with(Cell::take).ok().flatten()
    }

    #[inline]
    pub(crate) fn set(record: Option<Arc<AccessRecord>>) {
        // On a thread that is exiting, the layer reads the event instead.
        let _ = CURRENT.try_with(|current| current.set(record));
    }
}

/// The message of an entry, formatted only if a subscriber reads it.
#[derive(Clone, Copy)]
struct Message<'a>(&'a AccessRecord, fn(&'a AccessRecord) -> Summary<'a>);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(record, summary) = *self;
        summary(record).fmt(f)
    }
}
