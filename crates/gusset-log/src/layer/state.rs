use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};
use std::time::{Instant, SystemTime};

use gusset_core::Clock;
use gusset_data::{LogSink, Resource};
use tracing::Metadata;

use super::site_templates::SiteTemplates;
use crate::format::Format;
use crate::format::template::{CallsiteTemplate, TemplateSettings};
use crate::redact::Redaction;
use crate::sync::{read, write};
use crate::writer::Queue;

pub(super) struct LayerConfig {
    pub(super) sink: Option<Arc<dyn LogSink>>,
    /// Whether entries are written, besides the sink.
    pub(super) has_output: bool,
    pub(super) resource: Resource,
    pub(super) redaction: Redaction,
    pub(super) include_spans: bool,
    pub(super) max_line_bytes: usize,
    pub(super) max_value_bytes: usize,
    /// Entries per second and callsite.
    pub(super) rate_limit: Option<NonZeroU32>,
    /// Whether entries have their source location in every format.
    pub(super) source_location: bool,
    /// Whether records have the fields of spans.
    pub(super) export_span_fields: bool,
    /// Whether the end of a span is an entry.
    pub(super) log_span_end: bool,
    /// Whether entries below `WARN` of calls that are not sampled are left out.
    pub(super) sampled_only: bool,
}

/// The configuration and the shared state of a layer.
pub(super) struct LayerState {
    pub(super) id: u64,
    pub(super) format: Format,
    pub(super) has_fast_path: bool,
    pub(super) config: LayerConfig,
    /// Whether a span with stored fields was created. Before that, entries need no search for spans.
    pub(super) saw_span: AtomicBool,
    pub(super) queue: Arc<Queue>,
    pub(super) clock: WallClock,
    /// By the address of the metadata: one for each callsite.
    pub(super) templates: RwLock<HashMap<usize, Arc<CallsiteTemplate>>>,
    pub(super) log_sites: SiteTemplates,
    pub(super) ended_spans: SiteTemplates,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum WallClock {
    System,
    /// A given clock, with its first reading.
    Given {
        now: fn() -> SystemTime,
        first: (SystemTime, Instant),
    },
}

// === impl LayerConfig ===

impl LayerConfig {
    /// Returns whether access log entries may be written without their events: the limits leave room
    /// for every fast entry, and no text has to be searched for custom patterns.
    pub(super) fn has_fast_path(&self) -> bool {
        const MIN_LINE_BYTES: usize = 16 << 10;
        self.max_line_bytes >= MIN_LINE_BYTES
            && self.max_value_bytes >= MIN_LINE_BYTES / 2
            && !self.redaction.has_custom_patterns()
    }

    /// Returns the redaction of texts, if there is any.
    #[inline]
    pub(super) fn redaction_of_texts(&self) -> Option<&Redaction> {
        self.redaction.has_patterns().then_some(&self.redaction)
    }
}

// === impl LayerState ===

impl LayerState {
    pub(super) fn monotonic_now(&self) -> Instant {
        self.clock.monotonic(self.clock.now())
    }

    pub(super) fn stores_spans(&self) -> bool {
        self.writes_spans() || self.config.export_span_fields
    }

    pub(super) fn writes_spans(&self) -> bool {
        self.config.include_spans && self.config.has_output
    }

    pub(super) fn template(&self, metadata: &'static Metadata<'static>) -> Arc<CallsiteTemplate> {
        let key = std::ptr::from_ref(metadata) as usize;
        if let Some(template) = read(&self.templates).get(&key) {
            return template.clone();
        }
        let template = CallsiteTemplate::new(&self.template_settings(), metadata);
        let mut templates = write(&self.templates);
        let template = templates.entry(key).or_insert_with(|| Arc::new(template));
        template.clone()
    }

    /// Returns the template of a record of the `log` crate.
    pub(super) fn log_template(&self, metadata: &Metadata<'_>) -> Arc<CallsiteTemplate> {
        self.log_sites.find(&self.template_settings(), metadata)
    }

    pub(super) fn template_settings(&self) -> TemplateSettings<'_> {
        let LayerConfig {
            resource,
            redaction,
            rate_limit,
            source_location,
            ..
        } = &self.config;
        TemplateSettings {
            format: &self.format,
            resource,
            redaction,
            rate_limit: *rate_limit,
            source_location: *source_location,
        }
    }
}

// === impl WallClock ===

impl WallClock {
    pub(super) fn given(now: fn() -> SystemTime) -> Self {
        Self::Given {
            now,
            first: (now(), Clock::system().now()),
        }
    }

    #[inline]
    pub(super) fn now(&self) -> SystemTime {
        match self {
            Self::System => SystemTime::now(),
            Self::Given { now, .. } => now(),
        }
    }

    /// Returns the time for rate limits. The system's is monotonic; a given clock is mapped.
    pub(super) fn monotonic(&self, now: SystemTime) -> Instant {
        match self {
            Self::System => Clock::system().now(),
            Self::Given { first, .. } => {
                let (first_time, first_instant) = first;
                *first_instant + now.duration_since(*first_time).unwrap_or_default()
            }
        }
    }
}
