//! The headers and spans of client layers.

use gusset_http::HttpServerClassifier;
use gusset_propagation::Propagators;
use gusset_trace::{ClientLayer, InjectLayer, ResendCount, TraceObserver, current_span_context};
use http::{HeaderMap, Request};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::service::{TRACE, VALID, headers};
use crate::support::*;

/// Returns the headers that a client layer sends.
fn send(layer: &ClientLayer, req: Request<()>) -> HeaderMap {
    let mut sent = HeaderMap::new();
    let mut client = layer.layer(Respond(|req: Request<()>| {
        sent = req.headers().clone();
        hello()
    }));
    let Ok(res) = now(client.call(req));
    drain(res.into_body());
    sent
}

fn client() -> ClientLayer {
    ClientLayer::new(built(TraceObserver::client())).unwrap()
}

#[test]
fn each_attempt_has_its_own_span() {
    let client = client();
    let mut sent = Vec::new();
    let spans = SpanRecorder::during(|_| {
        let mut req = Request::new(());
        *req.headers_mut() = headers(&[("traceparent", VALID), ("baggage", "a=1")]);
        exchange::<HttpServerClassifier, _>(built(TraceObserver::server()), req, |_| {
            for attempt in 0..3 {
                let mut req = Request::new(());
                req.extensions_mut().insert(ResendCount(attempt));
                sent.push(send(&client, req));
            }
            assert!(current_span_context().is_some());
            hello()
        });
    });
    assert_eq!(spans.len(), 4);
    for (attempt, sent) in sent.iter().enumerate() {
        let span = &spans[attempt + 1];
        assert_eq!(span.name, "http.client");
        span.has(&[
            ("trace_id", TRACE),
            ("parent_span_id", &spans[0].fields["span_id"]),
        ]);
        match attempt {
            0 => span.lacks(&["http.request.resend_count"]),
            _ => span.has(&[("http.request.resend_count", &attempt.to_string())]),
        }
        let parent = format!("00-{TRACE}-{}-01", span.fields["span_id"]);
        assert_eq!(sent["traceparent"], parent);
        assert_eq!(sent["baggage"], "a=1");
    }
}

#[test]
fn client_outside_of_calls_starts_a_trace() {
    let (one, other) = (
        send(&client(), Request::new(())),
        send(&client(), Request::new(())),
    );
    let trace = |sent: &HeaderMap| sent["traceparent"].to_str().unwrap()[3..35].to_owned();
    assert_ne!(trace(&one), trace(&other));
    assert!(current_span_context().is_none());
}

#[test]
fn copied_headers_are_replaced() {
    let mut req = Request::new(());
    *req.headers_mut() = headers(&[("traceparent", VALID), ("tracestate", "foo=1")]);
    let sent = send(&client(), req);
    assert_eq!(sent.get_all("traceparent").iter().count(), 1);
    assert_ne!(sent["traceparent"], VALID);
    assert!(!sent.contains_key("tracestate"));
}

#[test]
fn propagators_of_the_observer_are_used() {
    let b3 = Propagators::parse("b3").unwrap();
    let layer = ClientLayer::new(built(TraceObserver::client().propagators(b3))).unwrap();
    let sent = send(&layer, Request::new(()));
    assert!(sent.contains_key("b3") && sent.len() == 1);
}

#[test]
fn inject_layer_sends_the_server_span() {
    let sent = |sent: &mut HeaderMap| {
        let mut client = InjectLayer::default().layer(Respond(|req: Request<()>| {
            *sent = req.headers().clone();
            hello()
        }));
        let Ok(_) = now(client.call(Request::new(())));
    };
    let mut outside = HeaderMap::new();
    sent(&mut outside);
    assert!(outside.is_empty());
    exchange::<HttpServerClassifier, _>(built(TraceObserver::server()), Request::new(()), |_| {
        let mut inside = HeaderMap::new();
        sent(&mut inside);
        let span = current_span_context().unwrap().span_id().to_string();
        assert!(inside["traceparent"].to_str().unwrap().contains(&span));
        hello()
    });
}
