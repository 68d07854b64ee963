//! The stream of changes.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gusset_data::StateTree;
use gusset_http::EndpointBody;
use gusset_ops::Operations;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::support::*;

/// Opens a stream.
async fn view(operations: &Operations) -> EndpointBody {
    let request = Request::get("/ops/live").header("host", "localhost");
    let response = head(operations, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(response.body().is_stream());
    response.into_body()
}

/// Returns the next event.
async fn next(body: &mut EndpointBody) -> String {
    let frame = Pin::new(body)
        .frame()
        .await
        .expect("it has no end")
        .unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

/// Returns the sections of an event.
fn sections(event: &str) -> Value {
    let data = event.strip_prefix("data: ").expect("it has data");
    serde_json::from_str(data).unwrap()
}

/// Returns a page with a part that counts how often it is read, and one that never changes.
fn counting() -> (Operations, Arc<AtomicU64>) {
    let reads = Arc::new(AtomicU64::new(0));
    let count = reads.clone();
    let part = move || StateTree::from(count.fetch_add(1, Ordering::Relaxed));
    let operations = Operations::builder("shop").part("count", part);
    let operations = operations.part("fixed", || "line\nbreak".into());
    (operations.build().unwrap(), reads)
}

#[tokio::test(start_paused = true)]
async fn viewer_receives_everything_and_then_what_has_changed() {
    let (operations, _) = counting();
    let mut body = view(&operations).await;
    let first = sections(&next(&mut body).await);
    assert_eq!(first["count"], "0");
    assert_eq!(first["fixed"], "line\nbreak");
    let second = sections(&next(&mut body).await);
    assert_eq!(second["count"], "1");
    assert_eq!(second.get("fixed"), None, "it has not changed");
}

#[tokio::test(start_paused = true)]
async fn tick_is_every_two_seconds() {
    let (operations, _) = counting();
    let mut body = view(&operations).await;
    next(&mut body).await;
    let begin = tokio::time::Instant::now();
    next(&mut body).await;
    next(&mut body).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn viewers_of_a_tick_share_one_document() {
    let (operations, reads) = counting();
    let mut bodies = Vec::new();
    for _ in 0..100 {
        bodies.push(view(&operations).await);
    }
    for tick in 1..=3 {
        for body in &mut bodies {
            let event = next(body).await;
            assert_eq!(sections(&event)["count"], (tick - 1).to_string());
        }
        assert_eq!(reads.load(Ordering::Relaxed), tick);
    }
}

#[tokio::test(start_paused = true)]
async fn viewer_that_was_slow_receives_all_that_it_missed() {
    let (operations, _) = counting();
    let (mut slow, mut fast) = (view(&operations).await, view(&operations).await);
    next(&mut slow).await;
    for _ in 0..3 {
        next(&mut fast).await;
    }
    let event = sections(&next(&mut slow).await);
    assert_eq!(event["count"], "2");
    assert_eq!(event.get("fixed"), None);
}

#[tokio::test(start_paused = true)]
async fn closed_page_costs_nothing() {
    let (operations, reads) = counting();
    let mut body = view(&operations).await;
    next(&mut body).await;
    drop(body);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(reads.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn viewers_are_bounded_and_make_room_when_they_leave() {
    let operations = builder().max_viewers(2).build().unwrap();
    let first = view(&operations).await;
    let _second = view(&operations).await;
    let request = || Request::get("/ops/live").header("host", "localhost");
    let refused = answer(&operations, request()).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()["retry-after"], "10");
    drop(first);
    drop(view(&operations).await);
}

#[tokio::test(start_paused = true)]
async fn part_that_panics_does_not_end_the_stream_of_others() {
    let panics = Arc::new(AtomicU64::new(0));
    let count = panics.clone();
    let part = move || match count.fetch_add(1, Ordering::Relaxed) {
        0 => panic!("a part is not ready"),
        reads => reads.into(),
    };
    let operations = Operations::builder("shop")
        .part("broken", part)
        .build()
        .unwrap();
    let mut body = view(&operations).await;
    let task = tokio::spawn(async move { next(&mut body).await });
    assert!(task.await.unwrap_err().is_panic());
    let mut body = view(&operations).await;
    assert_eq!(sections(&next(&mut body).await)["broken"], "1");
}
