//! The entry at the end of a span.

use std::sync::Arc;

use tracing::Metadata;
use tracing::field::Visit;
use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::{Kind, Level};

use super::state::LayerState;
use crate::format::template::CallsiteTemplate;
use crate::names;

const FIELDS: &[&str] = &["message", names::GUSSET_SPAN_DURATION];
const NAME: &str = "gusset.span.end";

/// The callsite that owns the fields. It is never registered.
static METADATA: Metadata<'static> = Metadata::new(
    NAME,
    "gusset::log",
    Level::TRACE,
    None,
    None,
    None,
    FieldSet::new(FIELDS, identify_callsite!(&CALLSITE)),
    Kind::EVENT,
);
static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);

/// Returns the metadata of the entry at the end of a span.
pub(super) fn metadata(span: &'static Metadata<'static>) -> Metadata<'static> {
    Metadata::new(
        NAME,
        span.target(),
        *span.level(),
        span.file(),
        span.line(),
        span.module_path(),
        FieldSet::new(FIELDS, identify_callsite!(&CALLSITE)),
        Kind::EVENT,
    )
}

/// Passes the fields of the entry to a visitor.
pub(super) fn record(visit: &mut dyn Visit, span: &str, seconds: f64) {
    let mut fields = METADATA.fields().iter();
    if let (Some(message), Some(duration)) = (fields.next(), fields.next()) {
        visit.record_debug(&message, &format_args!("{span} ended"));
        visit.record_f64(&duration, seconds);
    }
}

// === impl LayerState ===

impl LayerState {
    pub(super) fn span_end_template(&self, metadata: &Metadata<'_>) -> Arc<CallsiteTemplate> {
        self.ended_spans.find(&self.template_settings(), metadata)
    }
}
