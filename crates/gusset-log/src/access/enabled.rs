//! Checks whether access log entries are enabled, before there is one.
//!
//! `tracing::enabled!` would call the subscriber, and its per-layer filters would remember the answer
//! for an event that does not follow. The callsites here represent those of the entries. Only their
//! cached interest is read, which is set at registration and when a filter changes.

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::Kind;

use crate::names;

macro_rules! callsites {
    ($($metadata:ident, $callsite:ident, $level:ident;)*) => {
        $(
            static $metadata: Metadata<'static> = Metadata::new(
                "call",
                names::ACCESS_TARGET,
                Level::$level,
                None,
                None,
                None,
                FieldSet::new(&["message"], identify_callsite!(&$callsite)),
                Kind::EVENT,
            );
            static $callsite: DefaultCallsite = DefaultCallsite::new(&$metadata);
        )*

        #[inline]
        pub(super) fn is_enabled(level: Level) -> bool {
            level <= LevelFilter::current()
                && match level {
                    $(Level::$level => !$callsite.interest().is_never(),)*
                }
        }
    };
}

callsites! {
    TRACE_METADATA, TRACE, TRACE;
    DEBUG_METADATA, DEBUG, DEBUG;
    INFO_METADATA, INFO, INFO;
    WARN_METADATA, WARN, WARN;
    ERROR_METADATA, ERROR, ERROR;
}
