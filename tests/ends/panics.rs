//! Panics that are not the call's own, and panics that somebody catches.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use gusset_core::{Outcome, Stage};
use gusset_testkit::{RecordingObserver, ScriptedBody};
use gusset_tests::answers::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::{http1, run};
use gusset_tests::panics::EXPECTED;
use gusset_tests::servers::Server;
use gusset_tests::stack::{hyper_service, observe, only_fact, serve, told};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use tower_layer::Layer;
use tower_service::Service;

const REQUEST: &str = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

type Answer = Result<Response<AnyBody>, BoxError>;

/// A service further in, of which `handler` calls a part that it awaits no further.
async fn never(_: Request<AnyBody>) -> Answer {
    std::future::pending().await
}

async fn streams(_: Request<AnyBody>) -> Answer {
    Ok(Response::new(boxed(
        ScriptedBody::new().data("data").pend_forever(),
    )))
}

async fn panics(_: Request<AnyBody>) -> Answer {
    panic!("{EXPECTED}")
}

#[test]
fn a_call_that_another_s_panic_drops_is_cancelled_and_has_not_panicked() {
    for over in [Over::Http1, Over::AxumHttp1] {
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
                // One call without an answer, another with a body on its way.
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
        let server = serve(over, handler, Some(&outer));
        run(async {
            http1::Connection::ask(server.addr(), REQUEST).await;
            told(&outer, 1).await;
        });
        drop(server);
        let fact = only_fact(&outer);
        assert_eq!(
            (fact.end, fact.error),
            ("Panicked", Some("panic")),
            "{over:?}"
        );
        for (witness, stage) in [(before, Stage::Headers), (after, Stage::Body)] {
            let fact = only_fact(&witness);
            assert_eq!(
                (fact.end, fact.stage),
                ("Cancelled", Some(stage)),
                "{over:?}"
            );
            assert_eq!((fact.outcome, fact.error), (Outcome::Cancelled, None));
        }
    }
}

#[test]
fn a_panic_is_seen_outside_as_what_the_one_who_catches_it_makes_of_it() {
    let [inside, outside] = [RecordingObserver::new(), RecordingObserver::new()];
    let observed = observe(&inside).layer(hyper_service(panics));
    let server = Server::http1(observe(&outside).layer(Catch(observed)));
    run(async {
        let answer = http1::Connection::ask(server.addr(), REQUEST).await;
        assert!(answer.starts_with(b"HTTP/1.1 500 "));
        told(&outside, 1).await;
    });
    drop(server);
    let fact = only_fact(&inside);
    assert_eq!(
        (fact.end, fact.stage, fact.error),
        ("Panicked", Some(Stage::Headers), Some("panic"))
    );
    assert_eq!((fact.outcome, fact.status), (Outcome::ServerError, None));
    let fact = only_fact(&outside);
    assert_eq!(
        (fact.end, fact.stage, fact.error),
        ("Complete", None, Some("500"))
    );
    assert_eq!(
        (fact.outcome, fact.status),
        (Outcome::ServerError, Some("500"))
    );
}

/// Calls an observed service, and stays in the middle of it.
async fn call<H>(witness: &RecordingObserver, handler: H) -> Response<impl http_body::Body + use<H>>
where
    H: gusset_tests::stack::Handler,
{
    let service = tower::service_fn(move |req| {
        let handler = handler.clone();
        async move { handler.handle(req).await }
    });
    let mut service = observe(witness).layer(service);
    let res = service.call(Request::new(boxed(Empty::new()))).await;
    res.unwrap_or_else(|error| panic!("it does not fail: {error}"))
}

/// Answers 500 where the service panics.
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
