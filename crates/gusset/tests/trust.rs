//! The trust in received trace contexts, and the redaction of every signal.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::convert::Infallible;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset::http::{PeerAddr, TrustedProxies};
use gusset::trace::{Redaction, TraceTrust, current_baggage, current_span_context, set_attribute};
use gusset_data::{SpanData, SpanSink};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use tower::{Layer as _, Service as _, service_fn};

type Body = Empty<&'static [u8]>;

const TRACE: &str = "12345678901234567890123456789012";

/// Collects spans, or the bytes of a log.
#[derive(Clone)]
struct Collected<T>(Arc<Mutex<Vec<T>>>);

impl<T> Collected<T> {
    fn new() -> Self {
        Self(Arc::default())
    }
}

impl SpanSink for Collected<SpanData> {
    fn export(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }
}

impl Write for Collected<u8> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn request(peer: [u8; 4]) -> Request<Body> {
    let parent = format!("00-{TRACE}-1234567890123456-01");
    let req = Request::get("/").header("traceparent", parent);
    let mut req = req.header("baggage", "a=b").body(Body::new()).unwrap();
    req.extensions_mut().insert(PeerAddr((peer, 80).into()));
    req
}

#[tokio::test]
async fn trust_of_telemetry_applies_to_its_servers() {
    let telemetry = gusset::telemetry()
        .trust(TraceTrust::NewTrace)
        .build_with(|_| None)
        .unwrap();
    let proxies = TrustedProxies::cidrs(["10.0.0.0/8"]).unwrap();
    let server = telemetry.http().trusted_proxies(proxies).build().unwrap();
    let handler = service_fn(async |_: Request<Body>| {
        let trace = current_span_context().unwrap().trace_id().to_string();
        let kept = (trace == TRACE, !current_baggage().is_empty());
        let mut res = Response::new(Body::new());
        res.extensions_mut().insert(kept);
        Ok::<_, Infallible>(res)
    });
    let mut service = server.layer().layer(handler);
    for (peer, kept) in [
        ([10, 0, 0, 1], (true, true)),
        ([203, 0, 113, 9], (false, false)),
    ] {
        let Ok(res) = service.call(request(peer)).await;
        assert_eq!(res.extensions().get(), Some(&kept), "{peer:?}");
    }
    assert_eq!(telemetry.shutdown(Duration::from_secs(5)).dropped(), 0);
}

#[tokio::test]
async fn redaction_applies_to_spans_and_log_entries() {
    let (spans, log) = (Collected::new(), Collected::new());
    let out = log.clone();
    let telemetry = gusset::telemetry()
        .redaction(Redaction::default().key("iban"))
        .log(|log| log.format(gusset::log::Format::Json).writer(out))
        .build_with(|_| None)
        .unwrap();
    let sink = spans.clone();
    let server = telemetry.http().trace(|trace| trace.sink(sink));
    let handler = service_fn(async |_: Request<Body>| {
        set_attribute("user.iban", "DE00");
        tracing::info!(iban = "DE00", "paid");
        Ok::<_, Infallible>(Response::new(Body::new()))
    });
    let mut service = server.build().unwrap().layer().layer(handler);
    let guard = gusset_testkit::set_subscriber(telemetry.dispatch().clone());
    let Ok(res) = service.call(request([10, 0, 0, 1])).await;
    res.into_body().collect().await.unwrap();
    drop(guard);
    assert_eq!(telemetry.shutdown(Duration::from_secs(5)).dropped(), 0);

    let spans = spans.0.lock().unwrap();
    let iban = spans[0]
        .attributes
        .iter()
        .find(|(key, _)| key == "user.iban");
    assert_eq!(iban.unwrap().1.to_string(), "REDACTED");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("paid") && !log.contains("DE00"), "{log}");
}
