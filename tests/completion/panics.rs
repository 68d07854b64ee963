//! Panics of other code, and panics that are caught.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use gusset_core::{Outcome, Stage};
use gusset_testkit::{RecordingObserver, ScriptedBody};
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::{http1, run};
use gusset_tests::panics::EXPECTED;
use gusset_tests::servers::Server;
use gusset_tests::stack::{hyper_service, observe, only_call, serve, wait_for_calls};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use tower_layer::Layer;
use tower_service::Service;

const REQUEST: &str = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

type HandlerResult = Result<Response<AnyBody>, BoxError>;

/// Waits forever.
async fn never(_: Request<AnyBody>) -> HandlerResult {
    std::future::pending().await
}

async fn streams(_: Request<AnyBody>) -> HandlerResult {
    Ok(Response::new(boxed(
        ScriptedBody::new().data("data").pend_forever(),
    )))
}

async fn panics(_: Request<AnyBody>) -> HandlerResult {
    panic!("{EXPECTED}")
}

#[test]
fn call_dropped_by_other_panic_is_cancelled() {
    for transport in [Transport::Http1, Transport::AxumHttp1] {
        let [outer, before, after] = [
            RecordingObserver::new(),
            RecordingObserver::new(),
            RecordingObserver::new(),
        ];
        let within = (before.clone(), after.clone());
        let handler = move |req: Request<AnyBody>| {
            let (before, after) = within.clone();
            async move {
                drop(req);
                // One call has no response, the other has a body in progress.
                let mut first = Box::pin(call(&before, never));
                let _second = call(&after, streams).await;
                poll_fn(|cx| {
                    assert!(first.as_mut().poll(cx).is_pending());
                    Poll::Ready(())
                })
                .await;
                panic!("{EXPECTED}")
            }
        };
        let server = serve(transport, handler, Some(&outer));
        run(async {
            http1::Connection::round_trip(server.addr(), REQUEST).await;
            wait_for_calls(&outer, 1).await;
        });
        drop(server);
        let call = only_call(&outer);
        assert_eq!(
            (call.end, call.error),
            ("Panicked", Some("panic")),
            "{transport:?}"
        );
        for (recorder, stage) in [(before, Stage::Headers), (after, Stage::Body)] {
            let call = only_call(&recorder);
            assert_eq!(
                (call.end, call.stage),
                ("Cancelled", Some(stage)),
                "{transport:?}"
            );
            assert_eq!((call.outcome, call.error), (Outcome::Cancelled, None));
        }
    }
}

#[test]
fn caught_panic_is_recorded_as_its_response() {
    let [inside, outside] = [RecordingObserver::new(), RecordingObserver::new()];
    let observed = observe(&inside).layer(hyper_service(panics));
    let server = Server::http1(observe(&outside).layer(Catch(observed)));
    run(async {
        let response = http1::Connection::round_trip(server.addr(), REQUEST).await;
        assert!(response.starts_with(b"HTTP/1.1 500 "));
        wait_for_calls(&outside, 1).await;
    });
    drop(server);
    let call = only_call(&inside);
    assert_eq!(
        (call.end, call.stage, call.error),
        ("Panicked", Some(Stage::Headers), Some("panic"))
    );
    assert_eq!((call.outcome, call.status), (Outcome::ServerError, None));
    let call = only_call(&outside);
    assert_eq!(
        (call.end, call.stage, call.error),
        ("Complete", None, Some("500"))
    );
    assert_eq!(
        (call.outcome, call.status),
        (Outcome::ServerError, Some("500"))
    );
}

/// Calls an observed service, and returns its response with an unread body.
async fn call<H>(
    recorder: &RecordingObserver,
    handler: H,
) -> Response<impl http_body::Body + use<H>>
where
    H: gusset_tests::stack::Handler,
{
    let service = tower::service_fn(move |req| {
        let handler = handler.clone();
        async move { handler.handle(req).await }
    });
    let mut service = observe(recorder).layer(service);
    let res = service.call(Request::new(boxed(Empty::new()))).await;
    res.unwrap_or_else(|error| panic!("it does not fail: {error}"))
}

/// Responds with 500 if the service panics.
#[derive(Clone)]
struct Catch<S>(S);

impl<S, Req, B> Service<Req> for Catch<S>
where
    S: Service<Req, Response = Response<B>>,
    S::Future: Send + 'static,
    B: http_body::Body<Data = bytes::Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<AnyBody>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<AnyBody>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        let mut future = Some(Box::pin(self.0.call(req)));
        Box::pin(poll_fn(move |cx| {
            let running = future
                .as_mut()
                .expect("futures are not polled after they are ready");
            match catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx))) {
                Ok(polled) => polled.map_ok(|res| res.map(boxed)),
                Err(_) => {
                    future = None;
                    let mut res = Response::new(boxed(Empty::new()));
                    *res.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                    Poll::Ready(Ok(res))
                }
            }
        }))
    }
}
