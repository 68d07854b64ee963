//! Applies views to the keys that are registered.

use std::borrow::Cow;
use std::sync::Arc;

use gusset_data::{InstrumentKind, SharedStr};
use metrics::{Key, KeyName};

use super::{CheckedView, Source, Sources, View};
use crate::ConfigError;
use crate::registry::{Boundaries, ExponentialHistogram, prometheus_names};

/// All views of a registry.
#[derive(Debug, Default)]
pub(crate) struct Streams(Vec<CheckedView>);

/// What is kept of a metric.
#[derive(Debug, Default)]
pub(crate) struct Stream<'a> {
    views: Vec<&'a CheckedView>,
}

/// What is kept of a key.
#[derive(Debug)]
pub(crate) struct StreamKey<'a> {
    pub(crate) key: Cow<'a, Key>,
    /// Whether labels were removed, so that several keys have one series.
    pub(crate) is_merged: bool,
}

// === impl Streams ===

impl Streams {
    pub(crate) fn new(views: Vec<View>) -> Result<Self, ConfigError> {
        let checked = views.into_iter().map(View::check);
        Ok(Self(checked.collect::<Result<_, _>>()?))
    }

    /// Returns what is kept of a metric, or `None` if it is dropped.
    ///
    /// Without views it neither allocates nor reads the name.
    pub(crate) fn for_metric(&self, kind: InstrumentKind, name: &str) -> Option<Stream<'_>> {
        if self.0.is_empty() {
            return Some(Stream::default());
        }
        let name = prometheus_names::metric_name(name);
        let is_selected =
            |view: &&CheckedView| view.is_of_kind(kind) && view.selector.matches(&name);
        let views: Vec<_> = self.0.iter().filter(is_selected).collect();
        let is_dropped = views.iter().any(|view| view.dropped);
        (!is_dropped).then_some(Stream { views })
    }

    /// Returns the source of a key, without a look-up if there are no views.
    pub(crate) fn source<S: Source>(&self, sources: &Sources<S>, key: &Key) -> Option<Arc<S>> {
        if self.0.is_empty() {
            return None;
        }
        sources.get(key)
    }
}

// === impl CheckedView ===

impl CheckedView {
    fn is_of_kind(&self, kind: InstrumentKind) -> bool {
        let facade_kind = |kind| match kind {
            InstrumentKind::UpDownCounter => InstrumentKind::Gauge,
            kind => kind,
        };
        self.kind
            .is_none_or(|own| facade_kind(own) == facade_kind(kind))
    }

    fn removes(&self, label: &str) -> bool {
        let any = |patterns: &[super::Pattern]| patterns.iter().any(|it| it.matches(label));
        let is_kept = self.kept_labels.as_deref().is_none_or(any);
        !is_kept || any(&self.removed_labels)
    }
}

// === impl Stream ===

impl<'v> Stream<'v> {
    /// Returns the key that is kept.
    pub(crate) fn key<'k>(&self, key: &'k Key) -> StreamKey<'k> {
        let is_removed = |label: &&metrics::Label| {
            let name = prometheus_names::label_name(label.key());
            self.views.iter().any(|view| view.removes(&name))
        };
        let is_merged = !self.views.is_empty() && key.labels().any(|label| is_removed(&label));
        let new_name = self.new_name();
        if !is_merged && new_name.is_none() {
            return StreamKey {
                key: Cow::Borrowed(key),
                is_merged,
            };
        }
        let name = new_name.cloned().unwrap_or_else(|| key.name_shared());
        let labels = key.labels().filter(|label| !is_removed(label)).cloned();
        StreamKey {
            key: Cow::Owned(Key::from_parts(name, labels.collect::<Vec<_>>())),
            is_merged,
        }
    }

    /// Returns the name that is kept.
    pub(crate) fn name(&self, name: KeyName) -> KeyName {
        self.new_name().cloned().unwrap_or(name)
    }

    pub(crate) fn description(&self) -> Option<&'v SharedStr> {
        self.last(|view| view.description.as_ref())
    }

    pub(crate) fn boundaries(&self) -> Option<&'v Arc<Boundaries>> {
        self.last(|view| view.boundaries.as_ref())
    }

    pub(crate) fn exponential(&self) -> Option<ExponentialHistogram> {
        self.last(|view| view.exponential.as_ref()).copied()
    }

    pub(crate) fn cardinality_limit(&self) -> Option<usize> {
        self.last(|view| view.cardinality_limit.as_ref()).copied()
    }

    fn new_name(&self) -> Option<&'v KeyName> {
        self.last(|view| view.name.as_ref())
    }

    fn last<T>(&self, of: impl Fn(&'v CheckedView) -> Option<&'v T>) -> Option<&'v T> {
        self.views.iter().rev().find_map(|view| of(view))
    }
}
