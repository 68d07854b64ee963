//! The shop itself: an axum service as one writes it, with two things that it tells gusset, the plan
//! of a customer who orders, and a counter of its own.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use futures_util::{Stream, StreamExt, stream};
use gusset::metrics::LabelValue;
use serde::{Deserialize, Serialize};
use tokio::time::{interval, sleep};

use super::payments::Payments;
use super::{Closing, closed};

#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) payments: Payments,
    pub(crate) closing: Closing,
    pub(crate) books: Arc<Mutex<Books>>,
}

/// What an enterprise would keep in a database.
#[derive(Default)]
pub(crate) struct Books {
    baskets: BTreeMap<u8, Vec<Item>>,
    orders: VecDeque<Order>,
    last_order: u64,
}

#[derive(Clone, Copy, Serialize)]
pub(crate) struct Item {
    pub(crate) name: &'static str,
    cents: u64,
}

pub(crate) const CATALOGUE: [Item; 3] = [
    Item {
        name: "bolt",
        cents: 20,
    },
    Item {
        name: "plate",
        cents: 950,
    },
    Item {
        name: "tower",
        cents: 99_000,
    },
];

#[derive(Clone, Serialize)]
struct Order {
    id: u64,
    cents: u64,
}

#[derive(Deserialize)]
struct Customer {
    customer: u8,
    plan: Plan,
}

/// A label of the shop's own: orders are told apart by the plan of the customer.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Plan {
    Free,
    Paid,
}

impl LabelValue for Plan {
    const KEY: &'static str = "shop.plan";
    const VALUES: &'static [&'static str] = &["free", "paid"];

    fn index(&self) -> usize {
        *self as usize
    }
}

/// What a visitor may like to see.
pub(crate) const TRY: [&str; 8] = [
    "/catalogue",
    "/export",
    "/events",
    "/slow",
    "/fail",
    "/fail?late=true",
    "/nowhere",
    "/metrics",
];

pub(crate) fn routes(shop: Shop) -> Router {
    Router::new()
        .route("/catalogue", get(|| async { Json(CATALOGUE) }))
        .route("/baskets/{customer}", get(basket))
        .route("/baskets/{customer}/{item}", post(add))
        .route("/orders", post(order))
        .route("/orders/{id}", get(look_up))
        .route("/export", get(export))
        .route("/events", get(events))
        .route("/slow", get(slow).post(slow))
        .route("/fail", get(fail))
        .with_state(shop)
}

impl Shop {
    /// The books, for no longer than it takes to write in them. A handler that panicked with them
    /// open has left them as they are.
    fn books<T>(&self, with: impl FnOnce(&mut Books) -> T) -> T {
        with(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn basket(State(shop): State<Shop>, Path(customer): Path<u8>) -> Json<Vec<Item>> {
    Json(shop.books(|books| books.baskets.get(&customer).cloned().unwrap_or_default()))
}

async fn add(State(shop): State<Shop>, Path((customer, item)): Path<(u8, String)>) -> StatusCode {
    let Some(item) = CATALOGUE.into_iter().find(|known| known.name == item) else {
        return StatusCode::NOT_FOUND;
    };
    shop.books(|books| books.baskets.entry(customer).or_default().push(item));
    StatusCode::NO_CONTENT
}

async fn order(State(shop): State<Shop>, Json(order): Json<Customer>) -> Response {
    let Customer { customer, plan } = order;
    // Left in the response, where gusset finds it, whatever becomes of the order.
    let plan = Extension(plan);
    let basket = shop.books(|books| books.baskets.remove(&customer).unwrap_or_default());
    let cents = basket.iter().map(|item| item.cents).sum();
    if basket.is_empty() {
        return (StatusCode::CONFLICT, plan, "the basket is empty\n").into_response();
    }
    match shop.payments.charge(cents).await {
        Ok(true) => {}
        Ok(false) => return (StatusCode::PAYMENT_REQUIRED, plan, "declined\n").into_response(),
        Err(_) => return (StatusCode::BAD_GATEWAY, plan, "cannot charge\n").into_response(),
    }
    // A metric of the shop's own, on the same page, without a global recorder.
    metrics::counter!("shop.orders.placed").increment(1);
    let order = shop.books(|books| {
        books.last_order += 1;
        let id = books.last_order;
        books.orders.push_back(Order { id, cents });
        if books.orders.len() > 1000 {
            books.orders.pop_front();
        }
        Order { id, cents }
    });
    (StatusCode::CREATED, plan, Json(order)).into_response()
}

async fn look_up(State(shop): State<Shop>, Path(id): Path<u64>) -> Result<Json<Order>, StatusCode> {
    shop.books(|books| books.orders.iter().find(|order| order.id == id).cloned())
        .map(Json)
        .ok_or(StatusCode::NOT_FOUND)
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
