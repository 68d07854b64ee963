//! The servers that are called, each with its metrics.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gusset_core::{PanicCounter, StaticStr, Table};
use gusset_data::semconv::{ERROR_TYPE, SERVER_ADDRESS, SERVER_PORT};
use gusset_data::{MetricDescriptor, SharedRecorder};
use http::Uri;
use http::uri::{Authority, Scheme};
use metrics::{Counter, Gauge, Histogram, Label};

use crate::{Phase, TARGET, names};

/// The servers by `host:port`. Those over the limit are `_OTHER`, so that a proxy, whose clients choose the host, does
/// not make a series for each.
#[derive(Debug)]
pub(crate) struct Peers {
    known: Table<Box<str>, Arc<Peer>>,
    other: Arc<Peer>,
    recording: Option<Arc<Recording>>,
}

/// What a request states about its server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    authority: Option<Authority>,
    pub(crate) is_https: bool,
}

/// A server, with its handles of metrics. Each is registered when it is used first.
pub(crate) struct Peer {
    address: Box<str>,
    port: Option<u16>,
    recording: Option<Arc<Recording>>,
    lookups: OnceLock<Histogram>,
    phases: [OnceLock<Histogram>; Phase::ALL.len()],
    connections: OnceLock<Histogram>,
    open: OnceLock<Gauge>,
    /// First uses, and further ones.
    uses: [OnceLock<Counter>; 2],
}

/// The recorder. It is the user's code: its panics do not reach a call.
struct Recording {
    recorder: SharedRecorder,
    panics: PanicCounter,
}

// === impl Peers ===

impl Peers {
    pub(crate) fn new(limit: usize, recorder: Option<SharedRecorder>) -> Self {
        let panics = PanicCounter::new();
        let recording = recorder.map(|recorder| Arc::new(Recording { recorder, panics }));
        if let Some(recording) = &recording {
            recording.record(|recorder| {
                for metric in names::ALL {
                    metric.describe(&**recorder);
                }
            });
        }
        Self {
            known: Table::new(limit),
            other: Arc::new(Peer::new("_OTHER", None, recording.clone())),
            recording,
        }
    }

    /// Returns the server of a target.
    pub(crate) fn get(&self, target: &Target) -> &Arc<Peer> {
        let Target {
            authority,
            is_https,
        } = target;
        let host = authority.as_ref().map_or("", Authority::host);
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let default = if *is_https { 443 } else { 80 };
        let port = authority.as_ref().and_then(Authority::port_u16);
        let port = port.unwrap_or(default);
        let key = format!("{address}:{port}");
        if let Some(peer) = self.known.get(key.as_str()) {
            return peer;
        }
        let peer = |_| Arc::new(Peer::new(address, Some(port), self.recording.clone()));
        let peer = self.known.insert(key.into(), peer);
        peer.unwrap_or(&self.other)
    }
}

impl Peers {
    /// Records the retries of a call.
    pub(crate) fn retried(&self, retries: u32, delay: Duration) {
        let Some(recording) = &self.recording else {
            return;
        };
        recording.record(|recorder| {
            let histogram = names::CALL_RETRIES.histogram(recorder, Vec::new());
            histogram.record(f64::from(retries));
            if retries > 0 {
                let histogram = names::CALL_RETRY_DELAY.histogram(recorder, Vec::new());
                histogram.record(delay);
            }
        });
    }
}

// === impl Target ===

impl Target {
    /// Returns the target of a URI. Copies no text.
    #[inline]
    pub(crate) fn new(uri: &Uri) -> Self {
        Self {
            authority: uri.authority().cloned(),
            is_https: uri.scheme() == Some(&Scheme::HTTPS),
        }
    }
}

// === impl Peer ===

impl Peer {
    fn new(address: &str, port: Option<u16>, recording: Option<Arc<Recording>>) -> Self {
        Self {
            address: address.into(),
            port,
            recording,
            lookups: OnceLock::new(),
            phases: Default::default(),
            connections: OnceLock::new(),
            open: OnceLock::new(),
            uses: Default::default(),
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Records the lookup of the server's name.
    pub(crate) fn looked_up(&self, time: Duration, error: Option<StaticStr>) {
        self.record(|recorder| {
            let Some(error) = error else {
                let lookups = self.lookups.get_or_init(|| {
                    let name = Label::new(names::DNS_QUESTION_NAME, self.address.to_string());
                    names::DNS_LOOKUP_DURATION.histogram(recorder, vec![name])
                });
                return lookups.record(time);
            };
            let labels = vec![
                Label::new(names::DNS_QUESTION_NAME, self.address.to_string()),
                Label::from_static_parts(ERROR_TYPE, error.as_str()),
            ];
            names::DNS_LOOKUP_DURATION
                .histogram(recorder, labels)
                .record(time);
        });
    }

    /// Records the times of phases.
    #[inline]
    pub(crate) fn spent(&self, phases: impl Iterator<Item = (Phase, Duration)>) {
        self.record(|recorder| self.record_phases(recorder, phases));
    }

    /// Records the times of a call up to the headers of its response, and counts it by whether its connection is a
    /// reused one.
    #[inline]
    pub(crate) fn responded(
        &self,
        is_reused: bool,
        phases: impl Iterator<Item = (Phase, Duration)>,
    ) {
        self.record(|recorder| {
            self.record_phases(recorder, phases);
            let register = || {
                let value = if is_reused { "true" } else { "false" };
                let mut labels = self.labels();
                labels.push(Label::from_static_parts(names::REUSED, value));
                names::CONNECTION_USES.counter(recorder, labels)
            };
            self.uses[usize::from(is_reused)]
                .get_or_init(register)
                .increment(1);
        });
    }

    #[inline]
    fn record_phases(
        &self,
        recorder: &SharedRecorder,
        phases: impl Iterator<Item = (Phase, Duration)>,
    ) {
        for (phase, time) in phases {
            let register = || {
                let name = Label::from_static_parts(names::PHASE, phase.as_str());
                self.histogram(recorder, &names::PHASE_DURATION, [name])
            };
            self.phases[phase as usize]
                .get_or_init(register)
                .record(time);
        }
    }

    /// Counts a failed call, by the phase in which it failed.
    #[cold]
    pub(crate) fn failed(&self, phase: Phase, error: StaticStr) {
        self.record(|recorder| {
            let mut labels = self.labels();
            labels.push(Label::from_static_parts(names::PHASE, phase.as_str()));
            labels.push(Label::from_static_parts(ERROR_TYPE, error.as_str()));
            names::PHASE_FAILURES.counter(recorder, labels).increment(1);
        });
    }

    /// Counts an open connection.
    pub(crate) fn opened(&self) {
        self.record(|recorder| self.open(recorder).increment(1.0));
    }

    /// Records the life of a connection that was closed.
    pub(crate) fn closed(&self, time: Duration) {
        self.record(|recorder| {
            self.open(recorder).decrement(1.0);
            let register = || self.histogram(recorder, &names::CONNECTION_DURATION, []);
            self.connections.get_or_init(register).record(time);
        });
    }

    /// Records when the certificate of the server expires.
    #[cfg(feature = "rustls")]
    pub(crate) fn certificate_expires(&self, seconds: i64) {
        self.record(|recorder| {
            let gauge = names::CERTIFICATE_EXPIRY.gauge(recorder, self.labels());
            gauge.set(seconds as f64);
        });
    }

    fn open(&self, recorder: &SharedRecorder) -> &Gauge {
        let register = || names::OPEN_CONNECTIONS.gauge(recorder, self.labels());
        self.open.get_or_init(register)
    }

    fn histogram<const N: usize>(
        &self,
        recorder: &SharedRecorder,
        metric: &MetricDescriptor,
        more: [Label; N],
    ) -> Histogram {
        let mut labels = self.labels();
        labels.extend(more);
        metric.histogram(recorder, labels)
    }

    fn labels(&self) -> Vec<Label> {
        let mut labels = vec![Label::new(SERVER_ADDRESS, self.address.to_string())];
        let port = self
            .port
            .map(|port| Label::new(SERVER_PORT, port.to_string()));
        labels.extend(port);
        labels
    }

    #[inline]
    fn record(&self, record: impl FnOnce(&SharedRecorder)) {
        if let Some(recording) = &self.recording {
            recording.record(record);
        }
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Peer").field(&self.address).finish()
    }
}

// === impl Recording ===

impl Recording {
    #[inline]
    fn record(&self, record: impl FnOnce(&SharedRecorder)) {
        self.panics.catch(|| record(&self.recorder), report);
    }
}

#[cold]
fn report() {
    tracing::error!(target: TARGET, "the recorder of metrics panicked, metrics are incomplete");
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").finish_non_exhaustive()
    }
}
