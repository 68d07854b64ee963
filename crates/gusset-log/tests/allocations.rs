//! The allocations of an entry, after the thread has written others.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::convert::Infallible;
use std::future::{Ready, ready};

use gusset_core::ObserveLayer;
use gusset_http::{Http, Route};
use gusset_log::{AccessLog, Format, LogLayer};
use http::{HeaderValue, Request, Response};
use http_body_util::Empty;
use tower::{Layer as _, Service as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

type Body = Empty<bytes::Bytes>;

fn respond(_: Request<()>) -> Ready<Result<Response<Body>, Infallible>> {
    ready(Ok(Response::new(Body::default())))
}

/// Counts the allocations of one request, with this filter.
fn allocations(filter: &str) -> u64 {
    let log = LogLayer::builder()
        .format(Format::Json)
        .writer(std::io::sink())
        .filter(filter)
        .unwrap()
        .build_with(|_| None)
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(log.layer);
    let access = AccessLog::server().build_with(|_| None).unwrap();
    let layer = ObserveLayer::<Http, _>::new(access);
    let mut service = layer.layer(service_fn(respond));
    let request = || {
        let mut request = Request::new(());
        // A server's URI is shared memory. The first clone of another one allocates.
        *request.uri_mut() = http::Uri::from_static("/items/42");
        let agent = HeaderValue::from_static("curl/8");
        request.headers_mut().insert("user-agent", agent);
        request.extensions_mut().insert(Route::new("/items/{id}"));
        request
    };
    tracing::subscriber::with_default(subscriber, || {
        let mut call = || {
            let request = request();
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            let info = allocation_counter::measure(|| {
                let mut future = std::pin::pin!(service.call(request));
                let _ = std::hint::black_box(future.as_mut().poll(&mut cx));
            });
            info.count_total
        };
        for _ in 0..100 {
            call();
        }
        // The batch that is swapped in may still grow, so the minimum counts.
        (0..100).map(|_| call()).min().unwrap()
    })
}

#[test]
fn entries_and_disabled_entries_allocate_nothing() {
    assert_eq!(allocations("info"), 0);
    assert_eq!(allocations("info,gusset::access=off"), 0);
    assert_eq!(allocations("off"), 0);
}
