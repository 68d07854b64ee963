//! Records the metrics of calls, for every protocol.
//!
//! [`CallInstruments`] belongs to an observer and [`CallRecorder`] to one call. The protocols differ in
//! their [`InstrumentSet`] and in how they fill the [`SeriesKey`].

mod config;
mod instrument_set;
mod local_recorder;
mod own_fields;
mod recorder;
mod series_handles;

use std::fmt;
use std::sync::{Arc, OnceLock};

use gusset_core::{ObserverId, PanicCounter, Table};
use gusset_http::{RequestAttributes, RequestHead, RequestOptions, ResponseHead, Side};
use metrics::Gauge;

pub(crate) use self::config::Config;
pub(crate) use self::instrument_set::{
    DATABASE, HTTP_CLIENT, HTTP_SERVER, InstrumentSet, MESSAGING, OPERATION, RPC_CLIENT,
    RPC_SERVER, SEND,
};
use self::own_fields::UnregisteredFields;
pub(crate) use self::recorder::{Bodies, CallRecorder};
use self::series_handles::{Series, SeriesHandles};
use crate::intern::{ErrorTypeInterner, InternedId, LabelInterner};
use crate::key::{SCHEMES, SeriesKey};
use crate::registered::registered;
use crate::series_set::{Lookup, SeriesSet};
use crate::{Label, SharedRecorder};

/// The instruments of one observer, shared by its calls.
pub(crate) struct CallInstruments {
    recorder: SharedRecorder,
    set: &'static InstrumentSet,
    with_local_recorder: bool,
    pub(crate) options: Arc<RequestOptions>,
    /// The routes of a server, URL templates of a client, or destinations.
    pub(crate) names: LabelInterner,
    /// The servers that a client calls, as `host:port`.
    pub(crate) peers: LabelInterner,
    error_types: ErrorTypeInterner,
    labels: Vec<Label>,
    /// The labels that all series have.
    constant_labels: Vec<(&'static str, String)>,
    series: SeriesSet<SeriesHandles>,
    /// The gauges of active calls without a peer, by method and scheme.
    active: Box<[OnceLock<Gauge>]>,
    /// The gauges of active calls with a peer.
    active_by_peer: Table<u128, OnceLock<Gauge>>,
    unregistered_fields: UnregisteredFields,
    /// The panics of the user's functions: for the route, the destination and labels.
    panics: PanicCounter,
}

// === impl CallInstruments ===

impl CallInstruments {
    #[inline]
    pub(crate) fn side(&self) -> Side {
        self.set.side
    }

    #[inline]
    pub(crate) fn is_client(&self) -> bool {
        self.side() == Side::Client
    }

    /// Returns the identity of the observer: its recorder and its set of instruments. Two observers
    /// with the same identity record the same metrics.
    pub(crate) fn observer_id(&self) -> ObserverId {
        ObserverId::from_arc(&self.recorder).with_index(self.set.number)
    }

    /// Returns the attributes of a request.
    #[inline]
    pub(crate) fn attributes<'a>(&'a self, req: RequestHead<'a>) -> RequestAttributes<'a> {
        RequestAttributes::new(req, self.set.side, &self.options)
    }

    /// Returns what a function of the user returns, or `None` if it panics: the call is then recorded
    /// without the label.
    #[inline]
    pub(crate) fn contain<T>(&self, function: impl FnOnce() -> Option<T>) -> Option<T> {
        self.panics.catch(function, report_panic).flatten()
    }

    /// Returns how often functions of the user have panicked.
    pub(crate) fn panics(&self) -> u64 {
        self.panics.count()
    }

    /// Returns the number of the server that a client calls.
    pub(crate) fn peer(&self, attributes: RequestAttributes<'_>) -> InternedId {
        match (attributes.server_address(), attributes.server_port()) {
            (Some(host), Some(port)) => self.peers.id_of_address(host, port),
            _ => InternedId::NONE,
        }
    }

    /// Sets the user's labels that a request has.
    #[inline]
    pub(crate) fn label_request(&self, key: &mut SeriesKey, req: RequestHead<'_>) {
        for (label, id) in self.labels.iter().zip(&mut key.labels) {
            if let Some(value) = self.contain(|| label.request_value(req)) {
                *id = value.0;
            }
        }
    }

    /// Sets the user's labels that a response has. They replace those of the request.
    #[inline]
    pub(crate) fn label_response(&self, key: &mut SeriesKey, res: ResponseHead<'_>) {
        for (label, id) in self.labels.iter().zip(&mut key.labels) {
            if let Some(value) = self.contain(|| label.response_value(res)) {
                *id = value.0;
            }
        }
    }

    /// Returns the series of a key.
    #[inline]
    fn series(&self, key: SeriesKey) -> Series<'_> {
        let (handles, key) = match self.series.find(key) {
            Some(handles) => (handles, Some(key)),
            None => match self.series.add(key) {
                Lookup::Own(handles) => (handles, Some(key)),
                Lookup::Overflow(handles) => (handles, None),
            },
        };
        Series {
            instruments: self,
            handles,
            key,
        }
    }

    /// Returns the gauge of active calls with this method, scheme and peer.
    #[inline]
    fn active(&self, key: &SeriesKey) -> &Gauge {
        if key.peer.is_none() {
            let gauge = &self.active[usize::from(key.method) * SCHEMES + key.scheme as usize];
            if let Some(gauge) = gauge.get() {
                return gauge;
            }
        }
        self.active_slow(key)
    }

    /// Finds the gauge of a call with a peer, or registers a new gauge.
    #[cold]
    fn active_slow(&self, key: &SeriesKey) -> &Gauge {
        let key = SeriesKey {
            method: key.method,
            scheme: key.scheme,
            peer: key.peer,
            ..SeriesKey::default()
        };
        let gauge = if key.peer.is_none() {
            &self.active[usize::from(key.method) * SCHEMES + key.scheme as usize]
        } else {
            let packed = key.pack();
            match self.active_by_peer.get(&packed) {
                Some(gauge) => gauge,
                None => match self.active_by_peer.insert(packed, |_| OnceLock::new()) {
                    Some(gauge) => gauge,
                    // The table is full and stays full, so the decrement at the end of the call goes
                    // to the same gauge: that of calls without a peer.
                    None => &self.active[usize::from(key.method) * SCHEMES],
                },
            }
        };
        if let Some(gauge) = gauge.get() {
            return gauge;
        }
        registered(gauge, || series_handles::active(self, key))
    }
}

#[cold]
fn report_panic() {
    tracing::error!(
        target: crate::TARGET,
        "a function for a destination or a label panicked; the call is recorded without it, and \
         further panics are counted and not logged"
    );
}

impl fmt::Debug for CallInstruments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallInstruments")
            .field("set", self.set)
            .finish_non_exhaustive()
    }
}
