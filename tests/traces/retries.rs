//! Attempts.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gusset_data::SpanKind;
use gusset_tests::clients::run;
use gusset_trace::{ClientLayer, ResendCount, TraceObserver};
use http::{Request, Response};
use tower::retry::{Policy, RetryLayer};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use crate::spans::{Spans, attribute};
use crate::whole::built;

// [retry]
/// Tries again what was answered by 503, and says in the request which attempt it is.
#[derive(Clone)]
struct Again {
    left: u32,
    sent: u32,
}

impl<D, E> Policy<Request<String>, Response<D>, E> for Again {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        req: &mut Request<String>,
        result: &mut Result<Response<D>, E>,
    ) -> Option<Ready<()>> {
        let failed = result.as_ref().is_ok_and(|res| res.status() == 503);
        if !failed || self.left == 0 {
            return None;
        }
        self.left -= 1;
        self.sent += 1;
        req.extensions_mut().insert(ResendCount(self.sent));
        Some(ready(()))
    }

    fn clone_request(&mut self, req: &Request<String>) -> Option<Request<String>> {
        Some(req.clone())
    }
}
// [retry]

#[test]
fn each_attempt_of_a_retry_is_a_span_of_its_own_and_is_counted() {
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
        .layer(RetryLayer::new(Again { left: 5, sent: 0 }))
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
        assert!(parent.contains(&id), "what is sent is the attempt's own id");
    }
}
