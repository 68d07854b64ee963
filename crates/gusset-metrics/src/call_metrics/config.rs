//! The configuration that all observers share.

use std::fmt;
use std::iter::repeat_with;
use std::sync::{Arc, OnceLock};

use gusset_core::{PanicCounter, Table};
use gusset_data::semconv::OTEL_METRIC_OVERFLOW;
use gusset_http::RequestOptions;

use super::own_fields::UnregisteredFields;
use super::{CallInstruments, InstrumentSet};
use crate::intern::{ErrorTypeInterner, LabelInterner};
use crate::key::{MAX_USER_LABELS, SCHEMES};
use crate::names::{self, MetricDescriptor};
use crate::series_set::SeriesSet;
use crate::{ConfigError, Label, SharedRecorder};

/// The default of OpenTelemetry's SDKs.
const DEFAULT_CARDINALITY_LIMIT: usize = 2000;

/// Numbers of interned labels have 16 bits.
const MAX_CARDINALITY_LIMIT: u16 = 60_000;

#[derive(Debug)]
pub(crate) struct Config {
    recorder: DebugRecorder,
    pub(crate) cardinality_limit: usize,
    pub(crate) labels: Vec<Label>,
    /// The labels that all series have.
    pub(crate) constant_labels: Vec<(&'static str, String)>,
    pub(crate) with_local_recorder: bool,
}

/// Adds the `Debug` that recorders lack.
struct DebugRecorder(SharedRecorder);

// === impl Config ===

impl Config {
    pub(crate) fn new(recorder: SharedRecorder) -> Self {
        Self {
            recorder: DebugRecorder(recorder),
            cardinality_limit: DEFAULT_CARDINALITY_LIMIT,
            labels: Vec::new(),
            constant_labels: Vec::new(),
            with_local_recorder: false,
        }
    }

    /// Builds the instruments, and describes them to the recorder.
    pub(crate) fn build(
        self,
        set: &'static InstrumentSet,
        options: Arc<RequestOptions>,
    ) -> Result<Arc<CallInstruments>, ConfigError> {
        let Self {
            recorder: DebugRecorder(recorder),
            cardinality_limit,
            mut labels,
            constant_labels,
            with_local_recorder,
        } = self;
        let fields = options.fields();
        labels.extend(fields.map(|(name, values)| Label::from_field(name, values)));
        let limit = match u16::try_from(cardinality_limit) {
            Ok(limit @ 1..=MAX_CARDINALITY_LIMIT) => limit,
            _ => {
                return Err(ConfigError::new(
                    "cardinality_limit",
                    format_args!("not from 1 to {MAX_CARDINALITY_LIMIT}"),
                ));
            }
        };
        check_labels(&labels)?;
        for metric in set.metrics() {
            metric.describe(&recorder);
        }
        let active = options.method_count() * SCHEMES;
        Ok(Arc::new(CallInstruments {
            recorder,
            set,
            with_local_recorder,
            options,
            names: LabelInterner::new(limit),
            peers: LabelInterner::new(limit),
            error_types: ErrorTypeInterner::new(),
            labels,
            constant_labels,
            series: SeriesSet::new(cardinality_limit),
            active: repeat_with(OnceLock::new).take(active).collect(),
            active_by_peer: Table::new(cardinality_limit),
            unregistered_fields: UnregisteredFields::default(),
            panics: PanicCounter::new(),
        }))
    }
}

fn check_labels(labels: &[Label]) -> Result<(), ConfigError> {
    if labels.len() > MAX_USER_LABELS {
        return Err(ConfigError::new(
            "labels",
            "more than five labels and registered fields",
        ));
    }
    for (at, label) in labels.iter().enumerate() {
        label.check()?;
        let key = label.key();
        let error = |reason| Err(ConfigError::new(label.setting(), reason));
        let is_reserved = names::ALL.iter().any(|metric| metric.labels.contains(&key));
        if is_reserved || key == OTEL_METRIC_OVERFLOW {
            return error("the key is reserved for gusset's own label");
        }
        if labels[..at].iter().any(|earlier| earlier.key() == key) {
            return error("added twice");
        }
    }
    Ok(())
}

impl InstrumentSet {
    fn metrics(&self) -> impl Iterator<Item = &'static MetricDescriptor> {
        [
            Some(self.duration),
            Some(self.active),
            Some(self.outcomes),
            self.time_to_headers,
            self.response_size,
            self.stream_duration,
            self.request_size,
            self.unread,
            self.messages,
            Some(&names::OVERFLOW_CALLS),
            Some(&names::UNREGISTERED_FIELDS),
        ]
        .into_iter()
        .flatten()
    }
}

// === impl DebugRecorder ===

impl fmt::Debug for DebugRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}
