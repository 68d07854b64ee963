//! The shop itself: an axum service as one writes it, with two things that it tells gusset, the plan
//! of a customer who orders, and a counter of its own.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use gusset::metrics::LabelValue;
use serde::{Deserialize, Serialize};

use super::payments::Payments;
use super::{Closing, pages};

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
    pub(crate) last_order: u64,
}

#[derive(Clone, Copy, Serialize)]
pub(crate) struct Item {
    pub(crate) name: &'static str,
    pub(crate) cents: u64,
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

pub(crate) fn routes(shop: Shop) -> Router {
    Router::new()
        .route("/catalogue", get(|| async { Json(CATALOGUE) }))
        .route("/baskets/{customer}", get(basket))
        .route("/baskets/{customer}/{item}", post(add))
        .route("/orders", post(order))
        .route("/orders/{id}", get(look_up))
        .merge(pages::routes())
        .with_state(shop)
}

impl Shop {
    /// The books, for no longer than it takes to write in them. A handler that panicked with them
    /// open has left them as they are.
    pub(crate) fn books<T>(&self, with: impl FnOnce(&mut Books) -> T) -> T {
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
    shop.books(|books| {
        let basket = books.baskets.entry(customer).or_default();
        // Nobody fills the memory with bolts.
        if basket.len() == 100 {
            return StatusCode::CONFLICT;
        }
        basket.push(item);
        StatusCode::NO_CONTENT
    })
}

async fn order(State(shop): State<Shop>, Json(order): Json<Customer>) -> Response {
    let Customer { customer, plan } = order;
    // On the span of this call, wherever it is exported to.
    gusset::trace::set_attribute(Plan::KEY, Plan::VALUES[plan.index()]);
    // Left in the response, where gusset finds it for the metrics, whatever becomes of the order.
    let plan = Extension(plan);
    let basket = shop.books(|books| books.baskets.remove(&customer).unwrap_or_default());
    let cents = basket.iter().map(|item| item.cents).sum();
    if basket.is_empty() {
        return (StatusCode::CONFLICT, plan, "the basket is empty\n").into_response();
    }
    match shop.payments.charge(cents).await {
        Ok(true) => {}
        Ok(false) => return (StatusCode::PAYMENT_REQUIRED, plan, "declined\n").into_response(),
        Err(error) => {
            // A line like any other: it bears the ids of the call by itself.
            tracing::error!(%error, cents, "cannot charge");
            return (StatusCode::BAD_GATEWAY, plan, "cannot charge\n").into_response();
        }
    }
    tracing::info!(cents, "order placed");
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
