//! Spans of a client whose outcomes a classifier of the user's own decides.

use gusset_core::{Classification, Classify, End, Outcome, ResponseKind};
use gusset_data::SpanKind;
use gusset_http::{
    Http, HttpClassifier, RequestHead, ResponseHead, Route, Side, UrlTemplate, status_code_str,
};
use gusset_trace::TraceObserver;
use http::{Request, StatusCode};

use crate::exported::{Spans, attribute, has};
use crate::support::*;

/// A client for which a missing item is a success.
struct Lookup(StatusCode);

impl HttpClassifier for Lookup {
    const SIDE: Side = Side::Client;
}

impl Classify<Http<Self>> for Lookup {
    fn start(_: RequestHead<'_>) -> Self {
        Self(StatusCode::OK)
    }

    fn on_response(&mut self, res: ResponseHead<'_>) -> ResponseKind {
        self.0 = res.status;
        ResponseKind::Body
    }

    fn on_end(&self, end: &End<'_, Http<Self>>) -> Classification {
        let success = Classification::new(Outcome::Success);
        let classification = Classification::of_end(end).unwrap_or(success);
        classification.with_status(Some(status_code_str(self.0)))
    }
}

/// Returns a request that a service received as `/in/{id}` and forwards.
fn forwarded() -> Request<()> {
    let request = Request::get("http://stock.internal/out/7").extension(Route::new("/in/{id}"));
    request.body(()).unwrap()
}

#[test]
fn client_span_is_named_by_its_own_template() {
    let spans = Spans::default();
    let observer = || built(TraceObserver::client().sink(spans.clone()));
    exchange::<Lookup, _>(observer(), forwarded(), |_| with_status(404));
    let span = spans.only();
    assert_eq!((span.kind, span.name.as_ref()), (SpanKind::Client, "GET"));
    assert_eq!(attribute(&span, "error.type"), None);
    has(&span, &[("http.response.status_code", "404")]);

    let mut request = forwarded();
    request
        .extensions_mut()
        .insert(UrlTemplate::new("/out/{id}"));
    exchange::<Lookup, _>(observer(), request, |_| {
        let mut response = hello();
        response.extensions_mut().insert(Route::new("/elsewhere"));
        response
    });
    let span = spans.only();
    assert_eq!(span.name.as_ref(), "GET /out/{id}");
    has(&span, &[("url.template", "/out/{id}")]);
}
