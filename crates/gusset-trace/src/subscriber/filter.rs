//! What a [`SpanLayer`](super::SpanLayer) would keep.

use gusset_core::SpanIds;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata};
use tracing_subscriber::layer::{Context, Filter};

use super::CALLS;
use crate::current;

/// A filter that lets through what a [`SpanLayer`](crate::SpanLayer) would keep: spans inside of calls
/// that are recorded, and outside of any call.
///
/// [`SpanLayer::filtered`](crate::SpanLayer::filtered) puts it on. With a filter of one's own:
///
/// ```
/// # use gusset_data::{SpanData, SpanSink};
/// use gusset_trace::{Recorded, SpanLayer};
/// use tracing_subscriber::filter::{FilterExt as _, LevelFilter};
/// use tracing_subscriber::prelude::*;
/// # struct Print;
/// # impl SpanSink for Print {
/// #     fn export(&self, _: SpanData) {}
/// # }
///
/// let filter = Recorded::default().and(LevelFilter::INFO);
/// let subscriber = tracing_subscriber::registry().with(SpanLayer::new(Print).with_filter(filter));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    events: Option<Level>,
}

// === impl Recorded ===

impl Recorded {
    pub(super) fn new(events: Option<Level>) -> Self {
        Self { events }
    }

    fn wants_event(&self, metadata: &Metadata<'_>) -> bool {
        self.events.is_some_and(|most| *metadata.level() <= most)
    }
}

impl<S> Filter<S> for Recorded {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        if metadata.is_event() {
            return self.wants_event(metadata);
        }
        if metadata.target() == CALLS {
            return false;
        }
        match SpanIds::current() {
            Some(ids) if !ids.is_sampled() => current::recording().is_some(),
            _ => true,
        }
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let is_wanted = if metadata.is_event() {
            self.wants_event(metadata)
        } else {
            metadata.target() != CALLS
        };
        if is_wanted {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }
}
