//! The machine behind every kind of call that is measured: keys, series, gauges.

mod call;
mod config;
mod family;
mod handles;

use std::fmt;
use std::sync::OnceLock;

use gusset_http::{KnownMethods, RequestHead, ResponseHead};
use metrics::Gauge;

pub(crate) use self::call::Metered;
pub(crate) use self::config::Config;
pub(crate) use self::family::{Family, HTTP_CLIENT, HTTP_SERVER, MESSAGE, RPC_CLIENT, RPC_SERVER};
use self::handles::{Handles, Series};
use crate::intern::{NameId, Names, Tokens};
use crate::key::{Scheme, SeriesKey};
use crate::nesting::Owner;
use crate::series::{Found, SeriesSet};
use crate::table::Table;
use crate::{Label, SharedRecorder};

/// What all calls of one observer share.
pub(crate) struct Meter {
    recorder: SharedRecorder,
    family: &'static Family,
    owner: Owner,
    scope_recorder: bool,
    pub(crate) methods: KnownMethods,
    /// Routes of a server, templates of a client, methods of RPC.
    pub(crate) names: Names,
    /// `host:port` of the other side, for clients.
    pub(crate) peers: Names,
    errors: Tokens,
    labels: Vec<Label>,
    fixed: Vec<(&'static str, String)>,
    series: SeriesSet<Handles>,
    /// By method and scheme, for calls whose peer is not told apart.
    active: Box<[OnceLock<Gauge>]>,
    /// For the others.
    active_by_peer: Table<u128, OnceLock<Gauge>>,
}

// === impl Meter ===

impl Meter {
    #[inline]
    pub(crate) fn is_client(&self) -> bool {
        self.family.client
    }

    /// The server that a client calls, as `host:port`.
    pub(crate) fn peer(&self, uri: &http::Uri) -> NameId {
        let Some(authority) = uri.authority() else {
            return NameId::NONE;
        };
        let port = authority.port_u16().unwrap_or(match uri.scheme_str() {
            Some("https") => 443,
            _ => 80,
        });
        self.peers.id_of_peer(authority.host(), port)
    }

    /// What a request tells of the user's labels.
    #[inline]
    pub(crate) fn label_request(&self, key: &mut SeriesKey, req: RequestHead<'_>) {
        for (label, id) in self.labels.iter().zip(&mut key.labels) {
            if let Some(value) = label.of_request(req) {
                *id = value.0;
            }
        }
    }

    /// What a response tells of the user's labels.
    #[inline]
    pub(crate) fn label_response(&self, key: &mut SeriesKey, res: ResponseHead<'_>) {
        for (label, id) in self.labels.iter().zip(&mut key.labels) {
            if let Some(value) = label.of_response(res) {
                *id = value.0;
            }
        }
    }

    /// The series of a key.
    #[inline]
    fn series(&self, key: SeriesKey) -> Series<'_> {
        let (handles, key) = match self.series.find(key) {
            Some(handles) => (handles, Some(key)),
            None => match self.series.add(key) {
                Found::Own(handles) => (handles, Some(key)),
                Found::Overflow(handles) => (handles, None),
            },
        };
        Series {
            meter: self,
            handles,
            key,
        }
    }

    /// The gauge of calls under way that are like this one.
    #[inline]
    fn active(&self, key: &SeriesKey) -> &Gauge {
        if key.peer.is_none() {
            let gauge = &self.active[usize::from(key.method) * Scheme::COUNT + key.scheme as usize];
            if let Some(gauge) = gauge.get() {
                return gauge;
            }
        }
        self.active_slow(key)
    }

    /// As [`active`](Self::active), for a gauge that is new, or whose peer is told apart.
    #[cold]
    fn active_slow(&self, key: &SeriesKey) -> &Gauge {
        let key = SeriesKey {
            method: key.method,
            scheme: key.scheme,
            peer: key.peer,
            ..SeriesKey::default()
        };
        let gauge = if key.peer.is_none() {
            &self.active[usize::from(key.method) * Scheme::COUNT + key.scheme as usize]
        } else {
            let packed = key.pack();
            match self.active_by_peer.get(&packed) {
                Some(gauge) => gauge,
                None => match self.active_by_peer.insert(packed, |_| OnceLock::new()) {
                    Some(gauge) => gauge,
                    // Up and down have to meet in one place: that of calls without a peer.
                    None => &self.active[usize::from(key.method) * Scheme::COUNT],
                },
            }
        };
        gauge.get_or_init(|| handles::active(self, key))
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter")
            .field("family", self.family)
            .finish_non_exhaustive()
    }
}
