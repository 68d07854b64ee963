//! What one call leaves: fields of its log entry and span, an event, and an entry of the archive.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use gusset_client::{ClientTimer, Detail, Phase};
use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer};
use gusset_http::{Http, HttpClientClassifier, RequestHead};
use gusset_testkit::EventRecorder;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _};
use tracing::Level;

use crate::support::{
    Body, DELAY, Gate, Resolver, Server, Time, TimedClient, Tls, client, fail, get, send,
};

type ClientHttp = Http<HttpClientClassifier>;

/// Keeps the names of the own fields of each call.
#[derive(Clone, Default)]
struct Fields(Arc<Mutex<Vec<Vec<String>>>>);

impl Observer<ClientHttp> for Fields {
    type Call = Self;

    fn start(&self, _: RequestHead<'_>, _: &mut CallContext) -> Self {
        self.clone()
    }
}

impl CallObserver<ClientHttp> for Fields {
    fn on_end(self, _: End<'_, ClientHttp>, cx: &CallContext) {
        let fields = cx.fields().unwrap_or_default();
        let names = fields.iter().map(|field| field.name().to_owned());
        self.0.lock().unwrap().push(names.collect());
    }
}

impl Fields {
    fn take(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Sends a request through the observer and the layer of the timer, to the end of its body.
    async fn send(&self, client: &TimedClient, server: &Server, request: Request<Body>) {
        let observed = ObserveLayer::<ClientHttp, _>::new(self.clone()).layer(client.clone());
        if let Ok(response) = observed.oneshot(request).await {
            server.download_gate.add(1);
            response.into_body().collect().await.unwrap();
        }
    }
}

fn with_detail(detail: Detail) -> ClientTimer {
    ClientTimer::builder().detail(detail).build().unwrap()
}

#[tokio::test]
async fn call_on_a_new_connection_has_its_phases_as_fields() {
    let (_, time) = Time::given();
    let server = Server::new(&time, &[]);
    let address = server.start(None).await;
    let fields = Fields::default();
    let client = client(
        &with_detail(Detail::NewConnections),
        Resolver::local(),
        Tls::untrusted(),
    );
    for _ in 0..2 {
        let request = get("http", "shop.test", address);
        fields.send(&client, &server, request).await;
    }
    let [first, second] = fields.take().try_into().unwrap();
    for phase in ["dns", "tcp", "wait", "send", "first_byte", "download"] {
        let name = format!("gusset.http.client.{phase}");
        assert!(first.contains(&name), "{name} in {first:?}");
    }
    assert!(second.is_empty(), "the connection is reused: {second:?}");
}

#[tokio::test]
async fn detail_of_all_calls_and_of_none() {
    let (_, time) = Time::given();
    let server = Server::new(&time, &[]);
    let address = server.start(None).await;
    for (detail, expected) in [(Detail::Always, true), (Detail::Never, false)] {
        let fields = Fields::default();
        let client = client(&with_detail(detail), Resolver::local(), Tls::untrusted());
        for _ in 0..2 {
            let request = get("http", "shop.test", address);
            fields.send(&client, &server, request).await;
        }
        for names in fields.take() {
            assert_eq!(!names.is_empty(), expected, "{detail:?}: {names:?}");
        }
    }
}

#[tokio::test]
async fn failed_call_has_the_phase_in_which_it_failed() {
    let (_, time) = Time::given();
    let server = Server::new(&time, &[]);
    let address = server.start(None).await;
    let fields = Fields::default();
    let client = client(
        &with_detail(Detail::NewConnections),
        Resolver::local(),
        Tls::untrusted(),
    );
    let request = get("http", "unknown.invalid", address);
    fields.send(&client, &server, request).await;
    assert_eq!(fields.take(), [["gusset.http.client.failed_phase"]]);
}

#[tokio::test]
async fn event_has_the_phases_in_seconds() {
    let events = EventRecorder::new(Level::INFO);
    let _guard = events.set_default();
    let (clock, time) = Time::given();
    let server = Server::new(&time, &[Phase::FirstByte]);
    let address = server.start(None).await;
    let timer = ClientTimer::builder().clock(clock).with_events();
    let client = client(
        &timer.build().unwrap(),
        Resolver::slow(&time),
        Tls::untrusted(),
    );
    send(&client, &server, get("http", "shop.test", address)).await;
    let events = events.events();
    let event = events
        .iter()
        .find(|event| event.field("message") == Some("the phases of a request"));
    let event = event.expect("an event of the call");
    for (name, expected) in [
        ("server.address", "shop.test"),
        ("gusset.http.client.connection.reused", "false"),
        ("gusset.http.client.dns", "1.0"),
        ("gusset.http.client.first_byte", "1.0"),
    ] {
        assert_eq!(event.field(name), Some(expected), "{name}");
    }
    assert_eq!(event.field("gusset.http.client.tls"), None, "no handshake");
}

#[tokio::test]
async fn archive_has_the_phases_and_no_secret() {
    let (clock, time) = Time::given();
    let mut server = Server::new(&time, &[Phase::FirstByte, Phase::Download]);
    server.download_gate = Gate::new(0);
    let address = server.start(None).await;
    let timer = ClientTimer::builder().clock(clock).keep_recent(2);
    let timer = timer.build().unwrap();
    let client = client(&timer, Resolver::slow(&time), Tls::untrusted());
    let mut request = get("http", "shop.test", address);
    let url = format!("http://shop.test:{}/orders?token=secret", address.port());
    *request.uri_mut() = url.parse().unwrap();
    let cookie = http::HeaderValue::from_static("session=secret");
    request.headers_mut().insert(http::header::COOKIE, cookie);
    send(&client, &server, request).await;
    fail(&client, get("http", "unknown.invalid", address)).await;

    let [answered, failed] = timer.recent_calls().try_into().unwrap();
    assert_eq!(answered.status(), Some(StatusCode::OK));
    assert_eq!(answered.timings().total(), DELAY * 3);
    assert_eq!(failed.status(), None);
    assert_eq!(failed.error_type(), Some("dns_error"));

    let har = timer.har();
    assert!(!har.contains("secret"), "{har}");
    let har: Value = serde_json::from_str(&har).unwrap();
    let entry = &har["log"]["entries"][0];
    assert_eq!(entry["time"], 3000.0);
    let expected = serde_json::json!({
        "blocked": 0.0, "dns": 1000.0, "connect": 0.0, "ssl": -1.0,
        "send": 0.0, "wait": 1000.0, "receive": 1000.0,
    });
    assert_eq!(entry["timings"], expected);
    assert_eq!(entry["response"]["status"], 200);
    let failed = &har["log"]["entries"][1]["response"];
    assert_eq!(
        (&failed["status"], &failed["_error"]),
        (&0.into(), &"dns_error".into())
    );
}

#[tokio::test]
async fn response_that_passed_no_layer_has_no_phase() {
    let (_, time) = Time::given();
    let server = Server::new(&time, &[]);
    let address = server.start(None).await;
    let timer = with_detail(Detail::Never);
    let connector = hyper_util::client::legacy::connect::HttpConnector::new();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .build::<_, http_body_util::Empty<Bytes>>(timer.connector(connector));
    let uri = format!("http://{address}/").parse().unwrap();
    let response = client.get(uri).await.unwrap();
    let timings = response.extensions().get::<gusset_client::CallTimings>();
    assert_eq!(timings.unwrap().get().iter().count(), 0);
}
