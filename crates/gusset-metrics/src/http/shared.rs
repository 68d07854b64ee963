//! What all calls of one `HttpMetrics` share.

use std::sync::OnceLock;

use gusset_http::{KnownMethods, RequestHead, Route};
use metrics::Gauge;

use super::handles::{self, Handles, Series};
use crate::intern::{NameId, Names, Tokens};
use crate::key::{Scheme, SeriesKey};
use crate::nesting::Owner;
use crate::series::{Found, SeriesSet};
use crate::{Label, SharedRecorder};

pub(super) type RouteFn = Box<dyn for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync>;

/// What all calls of one `HttpMetrics` share.
pub(super) struct Shared {
    pub(super) recorder: SharedRecorder,
    pub(super) owner: Owner,
    pub(super) scope_recorder: bool,
    pub(super) methods: KnownMethods,
    pub(super) routes: Names,
    pub(super) errors: Tokens,
    pub(super) labels: Vec<Label>,
    route: Option<RouteFn>,
    scheme: Scheme,
    series: SeriesSet<Handles>,
    /// By method and scheme.
    active: Box<[OnceLock<Gauge>]>,
}

// === impl Shared ===

impl Shared {
    pub(super) fn new(
        recorder: SharedRecorder,
        methods: KnownMethods,
        series_limit: usize,
        labels: Vec<Label>,
        route: Option<RouteFn>,
        scheme: Scheme,
        scope_recorder: bool,
    ) -> Self {
        let active = methods.count() * Scheme::COUNT;
        Self {
            owner: Owner::new(&recorder, 0),
            scope_recorder,
            recorder,
            routes: Names::new(u16::try_from(series_limit).unwrap_or(u16::MAX)),
            errors: Tokens::new(),
            labels,
            route,
            scheme,
            series: SeriesSet::new(series_limit),
            active: std::iter::repeat_with(OnceLock::new).take(active).collect(),
            methods,
        }
    }

    /// What a request tells of its series.
    #[inline]
    pub(super) fn key(&self, req: RequestHead<'_>) -> SeriesKey {
        let method = self.methods.index(req.method.as_str());
        let route = match &self.route {
            Some(route) => route(req).or_else(|| Route::of_request(req)),
            None => Route::of_request(req),
        };
        let mut key = SeriesKey {
            name: route.map_or(NameId::NONE, |route| self.routes.id(route)),
            method: u8::try_from(method).expect("at most 64 methods are known"),
            scheme: self.scheme(req),
            version: req.version.into(),
            ..SeriesKey::default()
        };
        for (label, id) in self.labels.iter().zip(&mut key.labels) {
            if let Some(value) = label.of_request(req) {
                *id = value.0;
            }
        }
        key
    }

    /// The series of a key.
    #[inline]
    pub(super) fn series(&self, key: SeriesKey) -> Series<'_> {
        let (handles, key) = match self.series.find(key) {
            Some(handles) => (handles, Some(key)),
            None => match self.series.add(key) {
                Found::Own(handles) => (handles, Some(key)),
                Found::Overflow(handles) => (handles, None),
            },
        };
        Series {
            shared: self,
            handles,
            key,
        }
    }

    /// Counts a call that has no series of its own.
    #[cold]
    pub(super) fn count_folded(&self) {
        self.series.count_folded(&self.recorder);
    }

    /// The gauge of calls under way for a method and a scheme.
    #[inline]
    pub(super) fn active(&self, key: &SeriesKey) -> &Gauge {
        let at = usize::from(key.method) * Scheme::COUNT + key.scheme as usize;
        self.active[at].get_or_init(|| handles::active(self, key.method, key.scheme))
    }

    /// The scheme that the target names (HTTP/2 and 3 always do), else the one configured. A caller
    /// chooses between two values at most.
    #[inline]
    fn scheme(&self, req: RequestHead<'_>) -> Scheme {
        match req.uri.scheme_str() {
            Some("https") => Scheme::Https,
            Some("http") => Scheme::Http,
            _ => self.scheme,
        }
    }
}
