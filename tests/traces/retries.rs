//! A span for each attempt of a retry.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gusset_data::SpanKind;
use gusset_tests::clients::run;
use gusset_trace::{ClientLayer, ResendCount, TraceObserver};
use http::{Request, Response};
use tower::retry::{Policy, RetryLayer};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use crate::end_to_end::built;
use gusset_tests::spans::{Spans, attribute};

// [retry]
/// Retries requests that fail with 503, and adds the number of the attempt to the request.
#[derive(Clone)]
struct RetryUnavailable {
    attempts_left: u32,
    resends: u32,
}

impl<D, E> Policy<Request<String>, Response<D>, E> for RetryUnavailable {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        req: &mut Request<String>,
        result: &mut Result<Response<D>, E>,
    ) -> Option<Ready<()>> {
        let failed = result.as_ref().is_ok_and(|res| res.status() == 503);
        if !failed || self.attempts_left == 0 {
            return None;
        }
        self.attempts_left -= 1;
        self.resends += 1;
        req.extensions_mut().insert(ResendCount(self.resends));
        Some(ready(()))
    }

    fn clone_request(&mut self, req: &Request<String>) -> Option<Request<String>> {
        Some(req.clone())
    }
}
// [retry]

#[test]
fn each_attempt_has_a_numbered_span() {
    let (spans, calls) = (Spans::default(), Arc::new(AtomicUsize::new(0)));
    let parents = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (counted, seen) = (calls.clone(), parents.clone());
    let remote = service_fn(move |req: Request<String>| {
        let parent = req.headers()["traceparent"].to_str().unwrap().to_owned();
        seen.lock().unwrap().push(parent);
        let failed = counted.fetch_add(1, Ordering::Relaxed) < 2;
        let status = if failed { 503 } else { 200 };
        let res = Response::builder().status(status).body(String::new());
        ready(res)
    });
    let client = ServiceBuilder::new()
        .layer(RetryLayer::new(RetryUnavailable {
            attempts_left: 5,
            resends: 0,
        }))
        .layer(ClientLayer::new(built(TraceObserver::client(), &spans)).unwrap())
        .service(remote);
    let spans = run(async {
        let req = Request::get("http://stock/items").body(String::new());
        let res = client.oneshot(req.unwrap()).await.unwrap();
        assert_eq!(res.status(), 200);
        drop(res);
        spans.wait(3).await
    });
    let counts: Vec<_> = spans
        .iter()
        .map(|span| attribute(span, "http.request.resend_count"))
        .collect();
    assert_eq!(counts, [None, Some("1".into()), Some("2".into())]);
    let parents = parents.lock().unwrap();
    for (span, parent) in spans.iter().zip(&*parents) {
        assert_eq!(span.kind, SpanKind::Client);
        let id: String = span
            .span_id
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert!(parent.contains(&id), "an attempt sends the id of its span");
    }
}
