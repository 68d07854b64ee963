//! Every fault, on every kind of layer: HTTP and gRPC, servers and clients, and any other service.

use std::error::Error;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use gusset_chaos::{BodyFault, Chaos, Delay, Fault, FaultKind, InjectedError, Rule};
use http::{Request, Response};
use tokio::time::{Instant, timeout};
use tower::service_fn;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::support::*;

type BoxError = Box<dyn Error + Send + Sync>;
type Answer = Response<gusset_testkit::ScriptedBody>;

const SECOND: Duration = Duration::from_secs(1);

/// What a caller gets.
#[derive(Debug, PartialEq)]
enum Seen {
    /// The status, that of gRPC, and what could be read of the body.
    Response(u16, Option<&'static str>, Read),
    /// An error of the service's own type.
    Error,
    Panic,
    /// Nothing, forever.
    Nothing,
}

fn is_whole(text: &str) -> Read {
    Read {
        text: text.to_owned(),
        has_trailers: !text.is_empty(),
        error: None,
    }
}

fn is_broken(text: &str, what: &str) -> Read {
    Read {
        text: text.to_owned(),
        has_trailers: false,
        error: Some(format!("injected end of the {what}, by the rule `fault`")),
    }
}

/// Returns each fault of HTTP, with what a caller gets of it.
fn faults() -> Vec<(Rule, FaultKind, Seen)> {
    let rule = || Rule::new("fault");
    let hello = || Seen::Response(200, None, is_whole("hello, world"));
    let message = String::new();
    let without_trailers = Read {
        has_trailers: false,
        ..is_whole("hello, world")
    };
    let bytes_per_second = 100;
    vec![
        (
            rule().delay(Delay::fixed(SECOND)),
            FaultKind::Latency,
            hello(),
        ),
        (
            rule().delay(Delay::fixed(SECOND).after()),
            FaultKind::Latency,
            hello(),
        ),
        (rule().fault(Fault::Error), FaultKind::Error, Seen::Error),
        (
            rule().fault(Fault::Status { status: 503 }),
            FaultKind::Status,
            Seen::Response(503, None, is_whole("")),
        ),
        (
            rule().fault(Fault::GrpcStatus { code: 14, message }),
            FaultKind::GrpcStatus,
            Seen::Response(200, Some("14"), is_whole("")),
        ),
        (rule().fault(Fault::Abort), FaultKind::Abort, Seen::Error),
        (
            rule().fault(Fault::Cancel { polls: 1 }),
            FaultKind::Cancel,
            Seen::Error,
        ),
        (rule().fault(Fault::Panic), FaultKind::Panic, Seen::Panic),
        (rule().fault(Fault::Hang), FaultKind::Hang, Seen::Nothing),
        (
            rule().body(BodyFault::Truncate { bytes: 4 }),
            FaultKind::TruncatedBody,
            Seen::Response(200, None, is_broken("hell", "body")),
        ),
        (
            rule().body(BodyFault::Stall { bytes: 4 }),
            FaultKind::StalledBody,
            Seen::Nothing,
        ),
        (
            rule().body(BodyFault::RateLimit { bytes_per_second }),
            FaultKind::ThrottledBody,
            hello(),
        ),
        (
            rule().body(BodyFault::LoseTrailers),
            FaultKind::LostTrailers,
            Seen::Response(200, None, without_trailers),
        ),
    ]
}

fn to_box(error: InjectedError) -> BoxError {
    error.into()
}

/// Responds after it was polled twice.
async fn respond(_: Request<()>) -> Result<Answer, BoxError> {
    let mut is_second = false;
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        match std::mem::replace(&mut is_second, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    Ok(hello())
}

/// Calls a service, and reads the response.
async fn observe<S, D>(mut service: S) -> Seen
where
    S: Service<Request<()>, Response = Response<gusset_chaos::FaultBody<D>>> + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    D: Send + 'static,
    gusset_chaos::FaultBody<D>: http_body::Body<Data = bytes::Bytes, Error = BoxError> + Send,
{
    let answer = async move {
        let Ok(response) = call(&mut service, get("/shop.Stock/Reserve")).await else {
            return Seen::Error;
        };
        let status = response.status().as_u16();
        let grpc = response.headers().get("grpc-status");
        let grpc = grpc.map(|code| if code == "14" { "14" } else { "another" });
        Seen::Response(status, grpc, read(response.into_body()).await)
    };
    // In a task, which contains a panic.
    match timeout(TIME_LIMIT / 2, tokio::spawn(answer)).await {
        Ok(Ok(seen)) => seen,
        Ok(Err(_)) => Seen::Panic,
        Err(_) => Seen::Nothing,
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_is_injected_on_both_sides_of_http_and_grpc() {
    let layers = [
        Chaos::http_server,
        Chaos::http_client,
        Chaos::grpc_server,
        Chaos::grpc_client,
    ];
    for layer in layers {
        for (rule, kind, expected) in faults() {
            let chaos = armed([rule]);
            let layer = layer(&chaos).errors(to_box);
            let started = Instant::now();
            let seen = observe(layer.layer(service_fn(respond))).await;
            assert_eq!(seen, expected, "{kind:?} of {layer:?}");
            if kind == FaultKind::Latency {
                assert_eq!(started.elapsed(), SECOND, "{layer:?}");
            }
            assert_eq!(chaos.replay_log().decisions[0].faults, [kind], "{layer:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn layers_without_errors_break_the_body_instead() {
    for layer in [Chaos::http_server, Chaos::grpc_client] {
        for fault in [Fault::Abort, Fault::Cancel { polls: 1 }] {
            let chaos = armed([Rule::new("fault").fault(fault.clone())]);
            let seen = observe(layer(&chaos).layer(service_fn(respond))).await;
            let expected = Seen::Response(200, None, is_broken("", "connection"));
            assert_eq!(seen, expected, "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_without_a_response_is_injected_into_any_service() {
    for (rule, kind, expected) in faults() {
        let chaos = armed([rule]);
        let layer = chaos.service::<Request<()>>("stock").errors(to_box);
        let mut service = layer.layer(service_fn(respond));
        let answer = tokio::spawn(async move { call(&mut service, get("/")).await.is_ok() });
        let seen = timeout(TIME_LIMIT / 2, answer).await;
        match expected {
            Seen::Error => assert!(!seen.unwrap().unwrap(), "{kind:?}"),
            Seen::Panic => assert!(seen.unwrap().unwrap_err().is_panic()),
            Seen::Nothing if kind == FaultKind::Hang => assert!(seen.is_err()),
            // Others have no response that could be faulty.
            _ => assert!(seen.unwrap().unwrap(), "{kind:?}"),
        }
        let counts = &chaos.status().rules[0];
        let is_possible = matches!(
            kind,
            FaultKind::Latency
                | FaultKind::Error
                | FaultKind::Abort
                | FaultKind::Cancel
                | FaultKind::Panic
                | FaultKind::Hang
        );
        assert_eq!(
            (counts.injected, counts.skipped),
            match is_possible {
                true => (1, 0),
                false => (0, 1),
            },
            "{kind:?}"
        );
    }
}
