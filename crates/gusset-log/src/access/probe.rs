//! Whether anybody wants the lines of calls, asked before there is one.
//!
//! `tracing::enabled!` would ask the subscriber, whose filters for single layers remember the answer for
//! an event that does not follow. These callsites stand for the lines' own: what a subscriber has said
//! of them once, when they were registered or its filter changed, is read and nothing else.

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::Kind;

use crate::names;

macro_rules! probes {
    ($($metadata:ident, $callsite:ident, $level:ident;)*) => {
        $(
            static $metadata: Metadata<'static> = Metadata::new(
                "call",
                names::ACCESS,
                Level::$level,
                None,
                None,
                None,
                FieldSet::new(&["message"], identify_callsite!(&$callsite)),
                Kind::EVENT,
            );
            static $callsite: DefaultCallsite = DefaultCallsite::new(&$metadata);
        )*

        /// Whether anybody may want a line of that level.
        #[inline]
        pub(super) fn is_wanted(level: Level) -> bool {
            level <= LevelFilter::current()
                && match level {
                    $(Level::$level => !$callsite.interest().is_never(),)*
                }
        }
    };
}

probes! {
    TRACE_METADATA, TRACE, TRACE;
    DEBUG_METADATA, DEBUG, DEBUG;
    INFO_METADATA, INFO, INFO;
    WARN_METADATA, WARN, WARN;
    ERROR_METADATA, ERROR, ERROR;
}
