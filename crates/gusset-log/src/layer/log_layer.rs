use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use gusset_core::SpanIds;
use tracing::field::Visit;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::event_meta::{EventMeta, RecordFields};
use super::spans::{self, SpanFields};
use super::state::LayerState;
use super::thread_buffer::{EntryBuffer, ThreadBuffer};
use super::{event_ids, log_record, span_end};
use crate::access::{AccessRecord, CurrentRecord};
use crate::counters::DropReason;
use crate::filter_handle::FilterHandle;
use crate::format::Format;
use crate::format::template::CallsiteTemplate;
use crate::format::time::Timestamp;
use crate::level::level_index;
use crate::rate_limit::CallsiteLimiter;

/// Writes each event as one log entry: access log entries and the service's own.
///
/// Each entry inside a request has the ids of the request: the trace id and span id, if an observer
/// such as `gusset-trace` creates spans, and the request id, inside a
/// [`RequestIdLayer`](gusset_http::RequestIdLayer). An event with an explicit parent has the ids of that
/// span instead, and one with `parent: None` has no trace id.
///
/// An entry is one line and valid in its format, whatever untrusted clients write into a field. Control
/// characters are escaped, bytes that are not UTF-8 are replaced, and texts that are too long are cut
/// and marked. Secrets are redacted ([`Redaction`](crate::Redaction)).
///
/// Logging never blocks: entries are copied into a bounded queue, which one thread writes. If the queue
/// is full, entries are dropped and counted. A later entry reports their number.
///
/// ```no_run
/// use gusset_log::LogLayer;
/// use tracing_subscriber::layer::SubscriberExt as _;
/// use tracing_subscriber::util::SubscriberInitExt as _;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// // Pretty in a terminal, else JSON; the filter is `RUST_LOG` or `info`.
/// let log = LogLayer::builder().build()?;
/// tracing_subscriber::registry().with(log.layer).init();
/// let _guard = log.flush_guard;
/// # Ok(())
/// # }
/// ```
pub struct LogLayer {
    pub(super) state: Arc<LayerState>,
    pub(super) filter_handle: FilterHandle,
}

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.filter_handle.set_subscriber(subscriber);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let state = &*self.state;
        let created_in = event_ids::of_new_span(attributes, &ctx);
        let started = state.config.log_span_end.then(|| state.monotonic_now());
        let encode = || state.encode_span(attributes.metadata(), |visit| attributes.record(visit));
        let fields = state.stores_spans().then(encode);
        let Some(span) = ctx.span(id) else {
            return;
        };
        // It is written once, so that the threads can share the cache line.
        if fields.is_some() && !state.saw_span.load(Ordering::Relaxed) {
            state.saw_span.store(true, Ordering::Relaxed);
        }
        let fields = fields.map(|fields| (state.id, fields));
        SpanFields::start(&mut span.extensions_mut(), created_in, started, fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let state = &*self.state;
        if !state.stores_spans() {
            return;
        }
        if let Some(span) = ctx.span(id) {
            // Values are the service's code. They are formatted before the extensions are locked.
            let fields = state.encode_span(span.metadata(), |visit| values.record(visit));
            SpanFields::insert(&mut span.extensions_mut(), state.id, fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let state = &*self.state;
        let mut buffer = ThreadBuffer::acquire();
        let ThreadBuffer { templates, entry } = &mut *buffer;
        let template = templates.find(state, event.metadata());
        match template.is_log {
            true => self.log_record(entry, event, template, &ctx),
            false => self.event(entry, event, &EventSite::new(event, template), &ctx),
        }
        buffer.release();
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let state = &*self.state;
        if !state.config.log_span_end {
            return;
        }
        let Some(span) = ctx.span(&id) else {
            return;
        };
        let started = span
            .extensions()
            .get()
            .and_then(|fields: &SpanFields| fields.started);
        let Some(started) = started else {
            return;
        };
        let metadata = span_end::metadata(span.metadata());
        let template = state.span_end_template(&metadata);
        let outputs = self.outputs(&metadata, &template);
        if !outputs.any() {
            return;
        }
        let now = state.clock.now();
        let elapsed = state
            .clock
            .monotonic(now)
            .saturating_duration_since(started);
        let (ids, request_id) = event_ids::of_ended_span(&span);
        if state.config.sampled_only && is_left_out(*metadata.level(), ids) {
            return;
        }
        let meta = EventMeta {
            metadata: &metadata,
            static_target: Some(span.metadata().target()),
            template: &template,
            at: Timestamp::from_system(now),
            ids,
            request_id,
            suppressed: 0,
            access: None,
            own_fields: None,
        };
        let record_fields =
            |visit: &mut dyn Visit| span_end::record(visit, span.name(), elapsed.as_secs_f64());
        let mut buffer = ThreadBuffer::acquire();
        self.emit(
            &mut buffer.entry,
            outputs,
            &meta,
            &record_fields,
            Some(&span),
        );
        buffer.release();
    }
}

/// Where an entry goes.
#[derive(Clone, Copy)]
struct Outputs {
    writes: bool,
    exports: bool,
}

/// The metadata and the template of an event.
struct EventSite<'a> {
    metadata: &'a Metadata<'a>,
    /// The target, unless it is that of a record of the `log` crate.
    static_target: Option<&'static str>,
    template: &'a CallsiteTemplate,
    limiter: Option<&'a CallsiteLimiter>,
}

/// Returns whether an entry is below `WARN` and of a call that is not sampled.
fn is_left_out(level: Level, ids: Option<SpanIds>) -> bool {
    level > Level::WARN && ids.is_some_and(|ids| !ids.is_sampled())
}

// === impl EventSite ===

impl<'a> EventSite<'a> {
    #[inline]
    fn new(event: &Event<'_>, template: &'a CallsiteTemplate) -> Self {
        let metadata = event.metadata();
        Self {
            metadata,
            static_target: Some(metadata.target()),
            template,
            limiter: template.limiter.as_ref(),
        }
    }
}

// === impl Outputs ===

impl Outputs {
    #[inline]
    fn any(self) -> bool {
        self.writes || self.exports
    }
}

// === impl LogLayer ===

impl LogLayer {
    #[inline]
    fn outputs(&self, metadata: &Metadata<'_>, template: &CallsiteTemplate) -> Outputs {
        let state = &*self.state;
        let has_entry = template.is_request || !state.format.is_access_only();
        Outputs {
            writes: state.config.has_output && has_entry && self.filter_handle.writes(metadata),
            exports: state.config.sink.is_some()
                && log_record::is_exported(metadata)
                && self.filter_handle.exports(metadata),
        }
    }

    /// Writes an event, or a record of the `log` crate with the metadata of its own.
    #[expect(
        clippy::inline_always,
        reason = "measured: a call of its own costs 30 to 60 instructions"
    )]
    #[inline(always)]
    fn event<S>(
        &self,
        entry: &mut EntryBuffer,
        event: &Event<'_>,
        site: &EventSite<'_>,
        ctx: &Context<'_, S>,
    ) where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let state = &*self.state;
        let EventSite {
            metadata, template, ..
        } = *site;
        let outputs = self.outputs(metadata, template);
        if !outputs.any() || state.config.sampled_only && self.is_left_out(event, metadata, ctx) {
            return;
        }
        let now = state.clock.now();
        let suppressed = match site.limiter {
            Some(limiter) => limiter.admit(state.clock.monotonic(now)),
            None => Some(0),
        };
        let Some(suppressed) = suppressed else {
            let level = level_index(*metadata.level());
            let counters = &state.queue.counters;
            return counters.dropped(level, DropReason::RateLimited, 1);
        };
        let reads_record = state.format == Format::Json || state.config.sink.is_some();
        let record = match template.is_access {
            true => CurrentRecord::take(),
            false => None,
        };
        // The event is read instead if something in it has to be redacted.
        let access = record.as_deref().filter(|access| {
            let redaction = state.config.redaction_of_texts();
            template.is_server
                && reads_record
                && !redaction.is_some_and(|redaction| access.may_contain_secret(redaction))
        });
        let (ids, request_id) = event_ids::of_event(event, ctx, &self.filter_handle);
        let meta = EventMeta {
            metadata,
            static_target: site.static_target,
            template,
            at: Timestamp::from_system(now),
            ids,
            request_id,
            suppressed,
            access,
            own_fields: record.as_deref().and_then(AccessRecord::own_fields),
        };
        let record_fields = |visit: &mut dyn Visit| event.record(visit);
        let span = match state.saw_span.load(Ordering::Relaxed) {
            true => ctx.event_span(event),
            false => None,
        };
        self.emit(entry, outputs, &meta, &record_fields, span.as_ref());
        CurrentRecord::restore(record);
    }

    /// Returns whether an event below `WARN` is of a call that is not sampled.
    #[cold]
    fn is_left_out<S>(
        &self,
        event: &Event<'_>,
        metadata: &Metadata<'_>,
        ctx: &Context<'_, S>,
    ) -> bool
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let (ids, _) = event_ids::of_event(event, ctx, &self.filter_handle);
        is_left_out(*metadata.level(), ids)
    }

    /// Writes a record of the `log` crate, whose metadata are in the fields of the event.
    #[cold]
    fn log_record<S>(
        &self,
        entry: &mut EntryBuffer,
        event: &Event<'_>,
        callsite: &CallsiteTemplate,
        ctx: &Context<'_, S>,
    ) where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let normalized = event.normalized_metadata();
        let Some(metadata) = &normalized else {
            // A service's own event with the name of those of `tracing-log`.
            return self.event(entry, event, &EventSite::new(event, callsite), ctx);
        };
        let template = self.state.log_template(metadata);
        let site = EventSite {
            metadata,
            static_target: None,
            template: &template,
            limiter: template.limiter.as_ref().or(callsite.limiter.as_ref()),
        };
        self.event(entry, event, &site, ctx);
    }

    /// Writes and exports an entry.
    #[expect(
        clippy::inline_always,
        reason = "measured: a call of its own costs 30 to 60 instructions"
    )]
    #[inline(always)]
    fn emit<'a, S: LookupSpan<'a>>(
        &self,
        entry: &mut EntryBuffer,
        outputs: Outputs,
        meta: &EventMeta<'_>,
        record_fields: RecordFields<'_>,
        span: Option<&SpanRef<'a, S>>,
    ) {
        let state = &*self.state;
        if outputs.writes {
            state.encode(entry, meta, record_fields, |line| {
                if let Some(span) = span.filter(|_| state.writes_spans()) {
                    spans::write(state, line, span);
                }
            });
            state.queue.push(*meta.metadata.level(), entry.line.bytes());
        }
        let sink = state.config.sink.as_ref().filter(|_| outputs.exports);
        let Some(sink) = sink else { return };
        if sink.has_capacity() {
            let redaction = &state.config.redaction;
            let record = log_record::build(redaction, meta, record_fields, |add| {
                if let Some(span) = span {
                    spans::attributes(state, span, add);
                }
            });
            sink.export(record);
        } else {
            sink.count_dropped();
        }
    }
}

impl fmt::Debug for LogLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLayer")
            .field("format", &self.state.format)
            .finish_non_exhaustive()
    }
}

impl Drop for LogLayer {
    fn drop(&mut self) {
        self.state.queue.close();
    }
}
