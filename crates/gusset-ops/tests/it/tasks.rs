//! Tasks that an operator may run.

use std::sync::Arc;

use gusset_ops::Operations;
use gusset_testkit::EventRecorder;
use http::{Request, StatusCode};
use tokio::sync::Notify;
use tracing::Level;

use crate::support::*;

fn run(path: &str) -> http::request::Builder {
    Request::post(path).header("authorization", format!("Bearer {TOKEN}"))
}

fn with_tasks() -> (Operations, Arc<Notify>) {
    let gate = Arc::new(Notify::new());
    let end = gate.clone();
    let wait = move || {
        let end = end.clone();
        async move {
            end.notified().await;
            Ok::<_, std::fmt::Error>(())
        }
    };
    let operations = builder()
        .token(token())
        .task("wait", wait)
        .task("fail", || async { Err::<(), _>("no disk") })
        .task("flush", || async { Ok::<_, std::fmt::Error>(()) });
    (operations.build().unwrap(), gate)
}

#[tokio::test]
async fn task_needs_token_method_and_confirmation() {
    let (operations, _) = with_tasks();
    let status = async |request| answer(&operations, request).await.status();
    let path = "/ops/tasks/flush?confirm=flush";
    assert_eq!(status(run(path)).await, StatusCode::OK);
    assert_eq!(status(Request::post(path)).await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        status(run("/ops/tasks/flush")).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        status(run("/ops/tasks/flush?confirm=fail")).await,
        StatusCode::BAD_REQUEST
    );
    let read = Request::get(path).header("authorization", format!("Bearer {TOKEN}"));
    assert_eq!(status(read).await, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn each_run_is_logged_with_its_end() {
    let (operations, _) = with_tasks();
    let events = EventRecorder::new(Level::INFO);
    let recording = events.set_default();
    let failed = answer(&operations, run("/ops/tasks/fail?confirm=fail")).await;
    drop(recording);
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(failed.body(), "no disk\n");
    let events: Vec<_> = events.events().iter().map(ToString::to_string).collect();
    assert_eq!(
        events,
        [
            "WARN gusset::ops message=an operator runs a task task=fail",
            "WARN gusset::ops message=the task failed task=fail error=no disk",
        ]
    );
}

#[tokio::test]
async fn task_runs_once_at_a_time() {
    let (operations, gate) = with_tasks();
    let path = "/ops/tasks/wait?confirm=wait";
    let first = answer(&operations, run(path));
    let second = async {
        let busy = answer(&operations, run(path)).await.status();
        gate.notify_one();
        busy
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(second, StatusCode::CONFLICT);
    gate.notify_one();
    assert_eq!(
        answer(&operations, run(path)).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn task_that_is_given_up_may_run_again() {
    let (operations, gate) = with_tasks();
    let path = "/ops/tasks/wait?confirm=wait";
    let mut given_up = Box::pin(answer(&operations, run(path)));
    let polled =
        std::future::poll_fn(|cx| std::task::Poll::Ready(given_up.as_mut().poll(cx).is_pending()));
    assert!(polled.await);
    drop(given_up);
    gate.notify_one();
    assert_eq!(
        answer(&operations, run(path)).await.status(),
        StatusCode::OK
    );
}
