//! Metrics by server and phase.

use std::collections::BTreeMap;
use std::sync::Arc;

use gusset_client::{ClientTimer, SharedRecorder, names};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::support::{Resolver, Server, Time, Tls, client, get, send};

/// A recorder that is read once.
pub(crate) struct Recorder {
    recorder: SharedRecorder,
    snapshotter: Snapshotter,
}

/// The labels of a series.
type Labels = BTreeMap<String, String>;

impl Default for Recorder {
    fn default() -> Self {
        let recorder = DebuggingRecorder::new();
        Self {
            snapshotter: recorder.snapshotter(),
            recorder: Arc::new(recorder),
        }
    }
}

impl Recorder {
    pub(crate) fn shared(&self) -> SharedRecorder {
        Arc::clone(&self.recorder)
    }

    /// Takes the series of a metric, with how often each was recorded, or the value of a gauge.
    fn take(&self) -> Vec<(String, Labels, u64)> {
        let snapshot = self.snapshotter.snapshot().into_vec();
        let series = snapshot.into_iter().map(|(key, _, _, value)| {
            let key = key.key();
            let labels = key.labels();
            let labels = labels.map(|label| (label.key().to_owned(), label.value().to_owned()));
            let value = match value {
                DebugValue::Counter(count) => count,
                DebugValue::Gauge(value) => value.into_inner() as u64,
                DebugValue::Histogram(values) => values.len() as u64,
            };
            (key.name().to_owned(), labels.collect(), value)
        });
        series.collect()
    }

    /// Takes the values of histograms.
    pub(crate) fn values(&self) -> Vec<(String, Vec<f64>)> {
        let snapshot = self.snapshotter.snapshot().into_vec();
        let values = snapshot
            .into_iter()
            .filter_map(|(key, _, _, value)| match value {
                DebugValue::Histogram(values) => {
                    let values = values.into_iter().map(f64::from);
                    Some((key.key().name().to_owned(), values.collect()))
                }
                _ => None,
            });
        values.collect()
    }

    /// Returns how often a series was recorded that has a label.
    pub(crate) fn count(&self, name: &str, key: &str, value: &str) -> u64 {
        let series = self.take().into_iter();
        let found = series.filter(|(series, labels, _)| {
            series == name && labels.get(key).is_some_and(|found| found == value)
        });
        found.map(|(_, _, count)| count).sum()
    }

    /// Waits until this number of connections was opened since the last reading.
    pub(crate) async fn wait_for_connections(&self, count: u64) {
        let mut opened = 0;
        while opened < count {
            tokio::task::yield_now().await;
            // A reading sets a gauge back.
            let series = self.take().into_iter();
            let open = series.filter(|(name, ..)| name == names::OPEN_CONNECTIONS.name);
            opened += open.map(|(.., open)| open).sum::<u64>();
        }
    }

    /// Returns phase and `error.type` of the failures.
    pub(crate) fn failures(&self) -> Vec<(String, String)> {
        let series = self.take().into_iter();
        let series = series.filter(|(name, ..)| name == names::PHASE_FAILURES.name);
        let failures = series.flat_map(|(_, labels, count)| {
            let failure = (labels[names::PHASE].clone(), labels["error.type"].clone());
            std::iter::repeat_n(failure, usize::try_from(count).unwrap())
        });
        failures.collect()
    }
}

#[tokio::test]
async fn connection_is_recorded_once_and_each_call_by_itself() {
    let tls = Tls::new();
    let server = Server::new(&Time::given().1, &[]);
    let address = server.start(Some(&tls)).await;
    let recorder = Recorder::default();
    let timer = ClientTimer::builder().recorder(recorder.shared());
    let timer = timer.build().unwrap();
    let client = client(&timer, Resolver::local(), tls.client);
    for _ in 0..3 {
        send(&client, &server, get("https", "shop.test", address)).await;
    }
    let series = recorder.take();
    let count = |name: &str, key: &str, value: &str| {
        let found = series.iter().find(|(series, labels, _)| {
            series == name && labels.get(key).is_some_and(|found| found == value)
        });
        found.map_or(0, |(_, labels, count)| {
            if name.starts_with("gusset.") {
                assert_eq!(labels["server.address"], "shop.test");
                assert_eq!(labels["server.port"], address.port().to_string());
            }
            *count
        })
    };
    let phase = |phase| count("gusset.http.client.phase.duration", names::PHASE, phase);
    assert_eq!((phase("dns"), phase("tcp"), phase("tls")), (0, 1, 1));
    assert_eq!(
        (phase("wait"), phase("first_byte"), phase("download")),
        (3, 3, 3)
    );
    assert_eq!(
        count("dns.lookup.duration", "dns.question.name", "shop.test"),
        1
    );
    let uses = |reused| count("gusset.http.client.connection.uses", names::REUSED, reused);
    assert_eq!((uses("false"), uses("true")), (1, 2));
    let open = count(
        "gusset.http.client.connections",
        "server.address",
        "shop.test",
    );
    assert_eq!(open, 1);
}

#[tokio::test]
async fn closed_connection_has_its_duration() {
    let server = Server::new(&Time::given().1, &[]);
    let address = server.start(None).await;
    let recorder = Recorder::default();
    let timer = ClientTimer::builder().recorder(recorder.shared());
    let timer = timer.build().unwrap();
    let client = client(&timer, Resolver::local(), Tls::untrusted());
    let mut request = get("http", "shop.test", address);
    request
        .headers_mut()
        .insert("connection", http::HeaderValue::from_static("close"));
    send(&client, &server, request).await;
    drop(client);
    // The task of the connection ends after the response.
    let closed = |(name, _, count): &(String, Labels, u64)| {
        name == names::CONNECTION_DURATION.name && *count == 1
    };
    while !recorder.take().iter().any(closed) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn servers_over_the_limit_are_other() {
    let server = Server::new(&Time::given().1, &[]);
    let address = server.start(None).await;
    let recorder = Recorder::default();
    let timer = ClientTimer::builder().recorder(recorder.shared());
    let timer = timer.max_peers(1).build().unwrap();
    let client = client(&timer, Resolver::local(), Tls::untrusted());
    for host in ["shop.test", "chosen-by-a-client.test", "another.test"] {
        send(&client, &server, get("http", host, address)).await;
    }
    let series = recorder.take();
    let addresses = series
        .iter()
        .filter_map(|(_, labels, _)| labels.get("server.address"));
    let addresses: std::collections::BTreeSet<_> = addresses.collect();
    assert_eq!(
        addresses.into_iter().collect::<Vec<_>>(),
        ["_OTHER", "shop.test"]
    );
}

#[test]
fn limit_of_zero_is_refused() {
    let error = ClientTimer::builder().max_peers(0).build().unwrap_err();
    assert_eq!(error.to_string(), "`max_peers`: not from 1 to 10000");
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn certificate_of_the_server_has_its_expiry() {
    use crate::support::{Body, empty};
    use gusset_client::{CertificateExpiry, TimedBody};
    use hyper_util::client::legacy::{Client, connect::HttpConnector};
    use tower::{Layer as _, ServiceExt as _};

    let tls = Tls::new();
    let server = Server::new(&Time::given().1, &[]);
    let address = server.start(Some(&tls)).await;
    let recorder = Recorder::default();
    let timer = ClientTimer::builder().recorder(recorder.shared());
    let timer = timer.build().unwrap();
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    let https = hyper_rustls::HttpsConnector::from((http, tls.client));
    let connector = timer.connector(CertificateExpiry::new(https));
    let client = Client::builder(hyper_util::rt::TokioExecutor::new());
    let client = client.build::<_, TimedBody<Body>>(connector);
    let client = timer.layer().layer(client);
    let uri = format!("https://127.0.0.1:{}/", address.port());
    let request = http::Request::get(uri).body(empty()).unwrap();
    client.oneshot(request).await.unwrap();
    let series = recorder.take();
    let expiry = series
        .iter()
        .find(|(name, ..)| name == names::CERTIFICATE_EXPIRY.name);
    // That of rcgen's certificates, by default: the first of January 4096.
    assert_eq!(expiry.unwrap().2, 67_090_377_600 - 3 * 24 * 3600);
}
