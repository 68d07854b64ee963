//! A filter for the spans that a [`SpanLayer`](super::SpanLayer) exports.

use gusset_core::SpanIds;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata};
use tracing_subscriber::layer::{Context, Filter};

use super::fields::is_error_of_instrument;
use super::{CALL_TARGET, SpanFilter};
use crate::{current, names};

/// A filter that enables the spans which a [`SpanLayer`](crate::SpanLayer) exports: inside of recorded
/// calls, and outside of any call.
///
/// [`SpanLayer::with_recording_filter`](crate::SpanLayer::with_recording_filter) adds it. It can be
/// combined with another filter:
///
/// ```
/// # use gusset_data::{SpanData, SpanSink};
/// use gusset_trace::{RecordingFilter, SpanLayer};
/// use tracing_subscriber::filter::{FilterExt as _, LevelFilter};
/// use tracing_subscriber::prelude::*;
/// # struct Print;
/// # impl SpanSink for Print {
/// #     fn export(&self, _: SpanData) {}
/// # }
///
/// let filter = RecordingFilter::default().and(LevelFilter::INFO);
/// let subscriber = tracing_subscriber::registry().with(SpanLayer::new(Print).with_filter(filter));
/// ```
#[derive(Clone, Debug, Default)]
pub struct RecordingFilter {
    events: Option<Level>,
    filter: SpanFilter,
}

// === impl RecordingFilter ===

impl RecordingFilter {
    pub(super) fn new(events: Option<Level>, filter: SpanFilter) -> Self {
        Self { events, filter }
    }

    fn is_event_enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.events.is_some_and(|max| *metadata.level() <= max) || is_error_of_instrument(metadata)
    }
}

impl<S> Filter<S> for RecordingFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        if metadata.is_event() {
            return self.is_event_enabled(metadata);
        }
        if metadata.target() == CALL_TARGET || !self.filter.is_enabled(metadata) {
            return false;
        }
        match SpanIds::current() {
            Some(ids) if !ids.is_sampled() => current::current_recording().is_some(),
            _ => true,
        }
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        // The layer does not record it, whatever this returns. With `never`, the log's `always` would become
        // `sometimes`, and each entry would pass all filters.
        if metadata.is_event() && metadata.target() == names::ACCESS_TARGET {
            return Interest::always();
        }
        let may_be_enabled = if metadata.is_event() {
            self.is_event_enabled(metadata)
        } else {
            metadata.target() != CALL_TARGET && self.filter.is_enabled(metadata)
        };
        if may_be_enabled {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }
}
