//! What every kind of metrics can be told.

use std::iter::repeat_with;
use std::sync::{Arc, OnceLock};

use gusset_http::KnownMethods;

use super::{Family, Meter};
use crate::intern::{Names, Tokens};
use crate::key::{Scheme, USER_LABELS};
use crate::nesting::Owner;
use crate::series::SeriesSet;
use crate::table::Table;
use crate::{ConfigError, Label, SharedRecorder, instruments, names};

#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) recorder: Recorder,
    pub(crate) series_limit: usize,
    pub(crate) labels: Vec<Label>,
    /// Labels that all series bear.
    pub(crate) fixed: Vec<(&'static str, String)>,
    pub(crate) scope_recorder: bool,
}

/// A recorder has no `Debug`.
pub(crate) struct Recorder(pub(crate) SharedRecorder);

// === impl Config ===

impl Config {
    pub(crate) fn new(recorder: SharedRecorder) -> Self {
        Self {
            recorder: Recorder(recorder),
            series_limit: 2000,
            labels: Vec::new(),
            fixed: Vec::new(),
            scope_recorder: false,
        }
    }

    /// A meter for that family of metrics, and their descriptions on the recorder.
    pub(crate) fn build(
        self,
        family: &'static Family,
        methods: KnownMethods,
    ) -> Result<Arc<Meter>, ConfigError> {
        let Self {
            recorder: Recorder(recorder),
            series_limit,
            labels,
            fixed,
            scope_recorder,
        } = self;
        let limit = match u16::try_from(series_limit) {
            Ok(limit @ 1..=60_000) => limit,
            _ => {
                return Err(ConfigError::new(
                    "series_limit",
                    "it is not from 1 to 60000",
                ));
            }
        };
        check_labels(&labels)?;
        for metric in family.metrics() {
            instruments::describe(&recorder, metric);
        }
        let active = methods.count() * Scheme::COUNT;
        Ok(Arc::new(Meter {
            owner: Owner::new(&recorder, family.number),
            recorder,
            family,
            scope_recorder,
            methods,
            names: Names::new(limit),
            peers: Names::new(limit),
            errors: Tokens::new(),
            labels,
            fixed,
            series: SeriesSet::new(series_limit),
            active: repeat_with(OnceLock::new).take(active).collect(),
            active_by_peer: Table::new(series_limit),
        }))
    }
}

fn check_labels(labels: &[Label]) -> Result<(), ConfigError> {
    if labels.len() > USER_LABELS {
        return Err(ConfigError::new("labels", "there are more than five"));
    }
    for (at, label) in labels.iter().enumerate() {
        label.check()?;
        let taken = |why| Err(ConfigError::new(format!("labels.{}", label.key()), why));
        let ours = names::ALL
            .iter()
            .any(|metric| metric.labels.contains(&label.key()));
        if ours || label.key() == names::OVERFLOW {
            return taken("the key is taken");
        }
        if labels[..at]
            .iter()
            .any(|earlier| earlier.key() == label.key())
        {
            return taken("it is added twice");
        }
    }
    Ok(())
}

impl Family {
    fn metrics(&self) -> impl Iterator<Item = &'static names::Metric> {
        [
            Some(self.duration),
            Some(self.active),
            Some(self.outcomes),
            self.time_to_headers,
            self.response_size,
            self.stream,
            self.request_size,
            self.unread,
            Some(&names::FOLDED),
        ]
        .into_iter()
        .flatten()
    }
}

// === impl Recorder ===

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}
