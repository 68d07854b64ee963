//! The `tracing` event of an access log entry.
//!
//! `tracing` fixes the level of an event at compile time. So there is one event for each level of each
//! kind of request.

use std::cell::Cell;
use std::sync::Arc;

use tracing::{Level, event};

use super::config::CallKind;
use super::display::seconds;
use super::fields::{fields, select_fields};
use super::record::AccessRecord;
use crate::names;

thread_local! {
    static CURRENT: Cell<Option<Arc<AccessRecord>>> = const { Cell::new(None) };
}

/// The request whose access log event is being dispatched on this thread, if it is that of an HTTP server or
/// has own fields.
///
/// [`LogLayer`](crate::LogLayer) reads that of a server directly. An event passes each field through two
/// virtual calls, which only other subscribers need. Own fields are read from it in any case, because the
/// names of an event's fields are fixed.
pub(crate) struct CurrentRecord;

macro_rules! emit {
    ([$level:expr, $name:literal, $record:ident]
        $($presence:ident $kind:ident $key:ident = $value:expr;)*) => {
        at_level!($level, $name, $record, {
            $({ names::$key } = event_value!($presence $kind $value),)*
        })
    };
}

/// Converts the value of a row to one that an event can record.
macro_rules! event_value {
    (option $kind:ident $value:expr) => {
        $value.map(|value| event_value!(always $kind value))
    };
    (always display $value:expr) => {
        display($value)
    };
    (always query $value:expr) => {
        display($value)
    };
    (always own_fields $value:expr) => {
        display($value)
    };
    (always seconds $value:expr) => {
        seconds($value)
    };
    (always outcome $value:expr) => {
        $value.as_str()
    };
    (always version $value:expr) => {
        $value.as_str()
    };
    (always scheme $value:expr) => {
        $value.as_str()
    };
    (always $kind:ident $value:expr) => {
        $value
    };
}

/// Emits an event at a level that is known at run time.
macro_rules! at_level {
    ($level:expr, $name:literal, $record:ident, { $($fields:tt)* }) => {
        match $level {
            Level::TRACE => at_level!(@ TRACE, $name, $record, { $($fields)* }),
            Level::DEBUG => at_level!(@ DEBUG, $name, $record, { $($fields)* }),
            Level::INFO => at_level!(@ INFO, $name, $record, { $($fields)* }),
            Level::WARN => at_level!(@ WARN, $name, $record, { $($fields)* }),
            Level::ERROR => at_level!(@ ERROR, $name, $record, { $($fields)* }),
        }
    };
    (@ $level:ident, $name:literal, $record:ident, { $($fields:tt)* }) => {
        event!(
            name: $name,
            target: names::ACCESS_TARGET,
            Level::$level,
            { message = display($record), $($fields)* }
        )
    };
}

/// Defines the function that emits the event of a kind of request.
macro_rules! emit_fn {
    ($kind:ident: $name:literal) => {
        fn $kind(record: &AccessRecord, level: Level) {
            #[allow(unused_variables, reason = "a message and an operation have no request")]
            let http = record.attributes();
            fields!($kind(record, http) => emit!(level, $name, record));
        }
    };
}

emit_fn!(common_http_server: "http.server.request");
emit_fn!(http_server: "http.server.request");
emit_fn!(http_client: "http.client.request");
emit_fn!(grpc_server: "rpc.server.call");
emit_fn!(grpc_client: "rpc.client.call");
emit_fn!(consumer: "messaging.process");
emit_fn!(operation: "gusset.operation");

pub(super) fn emit(level: Level, record: &Arc<AccessRecord>) {
    let kind = record.config().kind;
    let is_read = matches!(kind, CallKind::HttpServer) || record.has_own_fields();
    if is_read {
        CurrentRecord::set(Some(record.clone()));
    }
    match kind {
        CallKind::HttpServer => {
            // An empty field costs too.
            match record.has_only_common_fields() {
                true => common_http_server(record, level),
                false => http_server(record, level),
            }
        }
        CallKind::HttpClient => http_client(record, level),
        CallKind::GrpcServer => grpc_server(record, level),
        CallKind::GrpcClient => grpc_client(record, level),
        CallKind::Consumer => consumer(record, level),
        CallKind::Operation => operation(record, level),
    }
    if is_read {
        CurrentRecord::set(None);
    }
}

// === impl CurrentRecord ===

impl CurrentRecord {
    /// Takes the record. An event that is logged while this one is formatted must not find it.
    #[inline]
    pub(crate) fn take() -> Option<Arc<AccessRecord>> {
        CURRENT.try_with(Cell::take).ok().flatten()
    }

    /// Puts a record with own fields back, for other layers that log the same event.
    #[inline]
    pub(crate) fn restore(record: Option<Arc<AccessRecord>>) {
        if record
            .as_ref()
            .is_some_and(|record| record.has_own_fields())
        {
            Self::set(record);
        }
    }

    #[inline]
    fn set(record: Option<Arc<AccessRecord>>) {
        // On a thread that is exiting, the layer reads the event instead.
        let _ = CURRENT.try_with(|current| current.set(record));
    }
}
