//! A service that receives a request and sends others.

use gusset_http::HttpServerClassifier;
use gusset_trace::{ClientLayer, TraceObserver};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::support::*;

pub(crate) const TRACE: &str = "12345678901234567890123456789012";
pub(crate) const PARENT: &str = "1234567890123456";
pub(crate) const VALID: &str = "00-12345678901234567890123456789012-1234567890123456-01";

pub(crate) type Lines<'a> = &'a [(&'a str, &'a str)];

pub(crate) fn headers(lines: Lines<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// The headers of one sent request.
pub(crate) struct Sent(pub(crate) HeaderMap);

/// Returns the requests that a service sends while it handles a request with these headers.
///
/// The service has a server layer around its handler and a client layer around its client.
pub(crate) fn calls(lines: Lines<'_>, times: usize) -> Vec<Sent> {
    let client = ClientLayer::new(built(TraceObserver::client())).unwrap();
    let mut sent = Vec::new();
    let mut received = Request::new(());
    *received.headers_mut() = headers(lines);
    exchange::<HttpServerClassifier, _>(built(TraceObserver::server()), received, |_| {
        for _ in 0..times {
            let mut remote = client.layer(Respond(|req: Request<()>| {
                sent.push(Sent(req.headers().clone()));
                hello()
            }));
            let Ok(res) = now(remote.call(Request::new(())));
            drain(res.into_body());
        }
        hello()
    });
    sent
}

pub(crate) fn call(lines: Lines<'_>) -> Sent {
    calls(lines, 1).remove(0)
}

impl Sent {
    /// Returns the fields of the only `traceparent`, which must be valid.
    #[track_caller]
    pub(crate) fn parent(&self) -> [String; 4] {
        let mut values = self.0.get_all("traceparent").iter();
        let value = values
            .next()
            .expect("`traceparent` is set")
            .to_str()
            .unwrap();
        assert!(values.next().is_none(), "`traceparent` is set once");
        let fields: Vec<String> = value.split('-').map(str::to_owned).collect();
        let fields: [String; 4] = fields.try_into().expect("four fields");
        for (field, len) in fields.iter().zip([2, 32, 16, 2]) {
            assert_eq!(field.len(), len, "{value}");
            assert!(field.bytes().all(|b| b"0123456789abcdef".contains(&b)));
        }
        assert_eq!(fields[0], "00");
        assert_ne!(fields[1], "0".repeat(32));
        assert_ne!(fields[2], "0".repeat(16));
        fields
    }

    #[track_caller]
    pub(crate) fn trace(&self) -> String {
        let [_, trace, ..] = self.parent();
        trace
    }

    #[track_caller]
    pub(crate) fn span(&self) -> String {
        let [_, _, span, _] = self.parent();
        span
    }

    #[track_caller]
    pub(crate) fn flags(&self) -> u8 {
        u8::from_str_radix(&self.parent()[3], 16).unwrap()
    }

    /// Returns the joined `tracestate` values, which must not be empty.
    #[track_caller]
    pub(crate) fn state(&self) -> Option<String> {
        let lines = self.0.get_all("tracestate").iter();
        let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap()).collect();
        assert!(lines.iter().all(|line| !line.trim().is_empty()));
        (!lines.is_empty()).then(|| lines.join(","))
    }
}

/// Sends one request, and asserts that the trace is continued with a new span.
#[track_caller]
pub(crate) fn continued(lines: Lines<'_>) -> Sent {
    let sent = call(lines);
    assert_eq!(sent.trace(), TRACE, "{lines:?}");
    assert_ne!(sent.span(), PARENT, "{lines:?}");
    sent
}

/// Sends one request, and asserts that it starts a new trace.
#[track_caller]
pub(crate) fn restarted(lines: Lines<'_>) -> Sent {
    let sent = call(lines);
    let trace = sent.trace();
    assert!(!trace.contains("12345678901234567890"), "{lines:?}");
    assert_eq!(sent.state(), None, "{lines:?}");
    sent
}
