//! The shop's pages that are hard to measure: streamed, without an end, slow, failing.

use std::convert::Infallible;
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
use serde::Deserialize;
use tokio::time::{interval, sleep};

use super::closed;
use super::shop::{CATALOGUE, Item, Shop};

pub(crate) fn routes() -> Router<Shop> {
    Router::new()
        .route("/export", get(export))
        .route("/events", get(events))
        .route("/slow", get(slow).post(slow))
        .route("/fail", get(fail))
        .route("/block", get(block))
}

#[derive(Deserialize)]
struct Rows {
    rows: Option<u64>,
}

/// A streamed export: a hundred rows each five milliseconds, for as many as are asked for.
async fn export(Query(Rows { rows }): Query<Rows>) -> impl IntoResponse {
    let rows = rows.unwrap_or(2000);
    let chunks = stream::unfold(0, move |first| async move {
        sleep(Duration::from_millis(5)).await;
        let last = rows.min(first + 100);
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

/// An event stream without an end: it goes on until its listener leaves or the shop closes.
async fn events(
    State(shop): State<Shop>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + Send + 'static> {
    let closed = closed(shop.closing.clone());
    let ticks = stream::unfold(interval(Duration::from_millis(100)), move |mut tick| {
        let shop = shop.clone();
        async move {
            tick.tick().await;
            let orders = shop.books(|books| books.last_order);
            let event = Event::default().event("orders").data(orders.to_string());
            Some((Ok(event), tick))
        }
    });
    Sse::new(ticks.take_until(Box::pin(closed)))
}

#[derive(Deserialize)]
struct Wait {
    millis: Option<u64>,
}

/// A slow page. Reads the request whole, so that whoever sends one knows that the page has begun.
async fn slow(Query(Wait { millis }): Query<Wait>, _: Bytes) -> &'static str {
    sleep(Duration::from_millis(millis.unwrap_or(300))).await;
    "at last\n"
}

/// A page that does what no page should: it blocks its thread, and all that waits for that thread.
#[expect(clippy::disallowed_methods, reason = "the mistake is on purpose")]
async fn block(Query(Wait { millis }): Query<Wait>) -> &'static str {
    std::thread::sleep(Duration::from_millis(millis.unwrap_or(300)));
    "at last\n"
}

#[derive(Deserialize)]
struct When {
    late: Option<bool>,
}

/// Fails at once or, if asked to, when the head with its 200 is long gone.
async fn fail(Query(When { late }): Query<When>) -> Response {
    if late != Some(true) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the shop's fault\n").into_response();
    }
    let good = stream::iter([Ok("so far so good\n")]);
    let bad = stream::once(Box::pin(async {
        sleep(Duration::from_millis(20)).await;
        Err(io::Error::other("the shop's fault"))
    }));
    Body::from_stream(good.chain(bad)).into_response()
}
