//! Routes that are hard to measure: streamed, endless, slow and failing responses.

use std::convert::Infallible;
use std::hint::black_box;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt, stream};
use gusset::Clock;
use serde::Deserialize;
use tokio::time::{interval, sleep};

use super::shop::{CATALOGUE, Item, Shop};
use super::stopped;

const DEFAULT_ROWS: u64 = 2000;
const ROWS_PER_CHUNK: u64 = 100;
const CHUNK_INTERVAL: Duration = Duration::from_millis(5);
const EVENT_INTERVAL: Duration = Duration::from_millis(100);
const DEFAULT_WAIT_MILLIS: u64 = 300;
const LATE_FAILURE_DELAY: Duration = Duration::from_millis(20);

pub(crate) fn routes() -> Router<Shop> {
    Router::new()
        .route("/export", get(export))
        .route("/events", get(events))
        .route("/slow", get(slow).post(slow))
        .route("/fail", get(fail))
        .route("/block", get(block))
        .route("/burn", get(burn))
}

#[derive(Deserialize)]
struct ExportQuery {
    rows: Option<u64>,
}

/// Streams rows of CSV, a chunk at a time.
async fn export(Query(ExportQuery { rows }): Query<ExportQuery>) -> impl IntoResponse {
    let rows = rows.unwrap_or(DEFAULT_ROWS);
    let chunks = stream::unfold(0, move |first| async move {
        sleep(CHUNK_INTERVAL).await;
        let last = rows.min(first + ROWS_PER_CHUNK);
        let row = |(id, item): (u64, &Item)| format!("{id},{},{}\n", item.name, item.cents);
        let chunk: String = (first..last)
            .zip(CATALOGUE.iter().cycle())
            .map(row)
            .collect();
        (first < last).then_some((Ok::<_, Infallible>(chunk), last))
    });
    (
        [(header::CONTENT_TYPE, "text/csv")],
        Body::from_stream(chunks),
    )
}

/// Streams events until the client disconnects or the shop shuts down.
async fn events(
    State(shop): State<Shop>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + Send + 'static> {
    let stopped = stopped(shop.stop.clone());
    let events = stream::unfold(interval(EVENT_INTERVAL), move |mut interval| {
        let shop = shop.clone();
        async move {
            interval.tick().await;
            let orders = shop.with_state(|state| state.last_order);
            let event = Event::default().event("orders").data(orders.to_string());
            Some((Ok(event), interval))
        }
    });
    Sse::new(events.take_until(Box::pin(stopped)))
}

#[derive(Deserialize)]
struct WaitQuery {
    millis: Option<u64>,
}

impl WaitQuery {
    fn duration(&self) -> Duration {
        Duration::from_millis(self.millis.unwrap_or(DEFAULT_WAIT_MILLIS))
    }
}

/// Responds after some time. It reads the request body first, so that a client can hold it open.
async fn slow(Query(wait): Query<WaitQuery>, _: Bytes) -> &'static str {
    sleep(wait.duration()).await;
    "done\n"
}

/// Blocks its thread, and with it every task of that thread. No real handler should.
#[expect(clippy::disallowed_methods, reason = "the mistake is deliberate")]
async fn block(Query(wait): Query<WaitQuery>) -> &'static str {
    std::thread::sleep(wait.duration());
    "done\n"
}

/// Computes for some time without a pause. A real handler would leave it to `spawn_blocking`.
async fn burn(Query(wait): Query<WaitQuery>) -> &'static str {
    burn_cpu(wait.duration());
    "done\n"
}

/// Uses a CPU for some time. Not inlined, so that a profile names it.
#[inline(never)]
fn burn_cpu(time: Duration) {
    let clock = Clock::system();
    let end = clock.now() + time;
    let mut sum = 0_u64;
    while clock.now() < end {
        for number in 0..1_000 {
            sum = black_box(sum.wrapping_mul(31).wrapping_add(number));
        }
    }
}

#[derive(Deserialize)]
struct FailQuery {
    late: Option<bool>,
}

/// Fails with status 500, or after it has sent status 200 and part of the body.
async fn fail(Query(FailQuery { late }): Query<FailQuery>) -> Response {
    if late != Some(true) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n").into_response();
    }
    let data = stream::iter([Ok("the first part\n")]);
    let error = stream::once(Box::pin(async {
        sleep(LATE_FAILURE_DELAY).await;
        Err(io::Error::other("internal error"))
    }));
    Body::from_stream(data.chain(error)).into_response()
}
