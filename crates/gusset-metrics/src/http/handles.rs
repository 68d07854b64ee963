//! The handles of one series, each resolved when it is first needed.

use std::sync::OnceLock;

use gusset_core::Stage;
use metrics::{Counter, Gauge, Histogram};

use super::shared::Shared;
use crate::instruments::{self, Labels};
use crate::key::{Scheme, SeriesKey};
use crate::labels::LabelId;
use crate::names;

/// The handles of one series.
#[derive(Debug, Default)]
pub(super) struct Handles {
    duration: OnceLock<Histogram>,
    time_to_head: OnceLock<Histogram>,
    response_size: OnceLock<Histogram>,
    stream: OnceLock<Histogram>,
    abandoned: [OnceLock<Counter>; 2],
}

/// A series, with what its handles are made of when they are first needed.
#[derive(Clone, Copy)]
pub(super) struct Series<'a> {
    pub(super) shared: &'a Shared,
    pub(super) handles: &'a Handles,
    /// `None` for the overflow series.
    pub(super) key: Option<SeriesKey>,
}

// === impl Series ===

impl<'a> Series<'a> {
    #[inline]
    pub(super) fn duration(self) -> &'a Histogram {
        self.histogram(&self.handles.duration, &names::SERVER_DURATION)
    }

    #[inline]
    pub(super) fn time_to_head(self) -> &'a Histogram {
        self.histogram(&self.handles.time_to_head, &names::SERVER_TIME_TO_HEAD)
    }

    #[inline]
    pub(super) fn response_size(self) -> &'a Histogram {
        self.histogram(&self.handles.response_size, &names::SERVER_RESPONSE_SIZE)
    }

    pub(super) fn stream(self) -> &'a Histogram {
        self.histogram(&self.handles.stream, &names::SERVER_STREAM_DURATION)
    }

    pub(super) fn abandoned(self, stage: Stage) -> &'a Counter {
        self.handles.abandoned[stage as usize].get_or_init(|| {
            // However the response began, it is one row: who left, where, and how far along.
            let key = self.key.map(|key| SeriesKey {
                version: Default::default(),
                status: 0,
                error: 0,
                ..key
            });
            let mut labels = labels(self.shared, key);
            labels.push(metrics::Label::from_static_parts(
                names::STAGE,
                stage.as_str(),
            ));
            instruments::counter(&self.shared.recorder, &names::SERVER_ABANDONED, labels)
        })
    }

    #[inline]
    fn histogram(self, handle: &'a OnceLock<Histogram>, metric: &names::Metric) -> &'a Histogram {
        handle.get_or_init(|| {
            let labels = labels(self.shared, self.key);
            instruments::histogram(&self.shared.recorder, metric, labels)
        })
    }
}

/// The gauge of calls under way for a method and a scheme.
pub(super) fn active(shared: &Shared, method: u8, scheme: Scheme) -> Gauge {
    let labels = vec![
        metrics::Label::new(names::METHOD, shared.methods.name(method.into()).to_owned()),
        metrics::Label::from_static_parts(names::SCHEME, scheme.as_str()),
    ];
    instruments::gauge(&shared.recorder, &names::SERVER_ACTIVE, labels)
}

/// The labels of a key; of the overflow series, the mark of that.
fn labels(shared: &Shared, key: Option<SeriesKey>) -> Labels {
    let Some(key) = key else {
        return vec![metrics::Label::from_static_parts(names::OVERFLOW, "true")];
    };
    let SeriesKey {
        name,
        method,
        scheme,
        version,
        status,
        error,
        labels: user,
    } = key;
    let mut labels = vec![
        metrics::Label::new(names::METHOD, shared.methods.name(method.into()).to_owned()),
        metrics::Label::from_static_parts(names::SCHEME, scheme.as_str()),
    ];
    if let Some(route) = shared.routes.name(name) {
        labels.push(metrics::Label::new(names::ROUTE, route.to_owned()));
    }
    if status != 0 {
        labels.push(metrics::Label::new(names::STATUS, status.to_string()));
    }
    if let Some(error) = shared.errors.token(error) {
        labels.push(metrics::Label::from_static_parts(
            names::ERROR,
            error.as_str(),
        ));
    }
    if let Some(version) = version.as_str() {
        labels.push(metrics::Label::from_static_parts(names::VERSION, version));
    }
    for (label, id) in shared.labels.iter().zip(user) {
        if let Some(value) = label.text(LabelId(id)) {
            labels.push(metrics::Label::new(
                label.key().to_owned(),
                value.to_owned(),
            ));
        }
    }
    labels
}
