//! The shop: a plain axum service. It adds two things of its own to the telemetry: the customer's plan,
//! and a counter of orders.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use gusset::metrics::LabelValue;
use gusset::usage::{FailureReason, SignIns};
use serde::{Deserialize, Serialize};

use super::payments::Payments;
use super::{StopSignal, edge_cases};

#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) payments: Payments,
    pub(crate) stop: StopSignal,
    pub(crate) state: Arc<Mutex<ShopState>>,
    pub(crate) sign_ins: SignIns,
}

/// What a real shop would store in a database.
#[derive(Default)]
pub(crate) struct ShopState {
    baskets: BTreeMap<u8, Vec<Item>>,
    orders: VecDeque<Order>,
    pub(crate) last_order: u64,
}

#[derive(Clone, Copy, Serialize)]
pub(crate) struct Item {
    pub(crate) name: &'static str,
    pub(crate) cents: u64,
}

const MAX_BASKET_ITEMS: usize = 100;
const MAX_STORED_ORDERS: usize = 1000;

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

/// Who signs in, and with which PIN.
#[derive(Deserialize)]
struct Credentials {
    customer: u8,
    pin: String,
}

/// The PIN of all customers, until they choose another one.
const FIRST_PIN: &str = "0000";

/// The customer's plan, a custom label of the metrics.
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
        .route("/baskets/{customer}", get(get_basket))
        .route("/baskets/{customer}/{item}", post(add_item))
        .route("/orders", post(place_order))
        .route("/orders/{id}", get(find_order))
        .route("/sign-in", post(sign_in))
        .merge(edge_cases::routes())
        .with_state(shop)
}

impl Shop {
    /// Runs `f` with the state locked. A panic in `f` does not make the state unusable.
    pub(crate) fn with_state<T>(&self, f: impl FnOnce(&mut ShopState) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn get_basket(State(shop): State<Shop>, Path(customer): Path<u8>) -> Json<Vec<Item>> {
    Json(shop.with_state(|state| state.baskets.get(&customer).cloned().unwrap_or_default()))
}

async fn add_item(
    State(shop): State<Shop>,
    Path((customer, item)): Path<(u8, String)>,
) -> StatusCode {
    let Some(item) = CATALOGUE.into_iter().find(|known| known.name == item) else {
        return StatusCode::NOT_FOUND;
    };
    shop.with_state(|state| {
        let basket = state.baskets.entry(customer).or_default();
        // A limit, so that clients cannot fill the memory.
        if basket.len() == MAX_BASKET_ITEMS {
            return StatusCode::CONFLICT;
        }
        basket.push(item);
        StatusCode::NO_CONTENT
    })
}

async fn place_order(State(shop): State<Shop>, Json(order): Json<Customer>) -> Response {
    let Customer { customer, plan } = order;
    // An attribute of the span of this request.
    gusset::trace::set_attribute(Plan::KEY, Plan::VALUES[plan.index()]);
    // A label of the metrics, which gusset reads from the response.
    let plan = Extension(plan);
    let basket = shop.with_state(|state| state.baskets.remove(&customer).unwrap_or_default());
    let cents = basket.iter().map(|item| item.cents).sum();
    if basket.is_empty() {
        return (StatusCode::CONFLICT, plan, "the basket is empty\n").into_response();
    }
    match shop.payments.charge(cents).await {
        Ok(true) => {}
        Ok(false) => return (StatusCode::PAYMENT_REQUIRED, plan, "declined\n").into_response(),
        Err(error) => {
            // gusset adds the trace and request ids to this log entry.
            tracing::error!(%error, cents, "cannot charge");
            return (StatusCode::BAD_GATEWAY, plan, "cannot charge\n").into_response();
        }
    }
    tracing::info!(cents, "order placed");
    // A custom metric at the same metrics endpoint, without a global recorder.
    metrics::counter!("shop.orders.placed").increment(1);
    let order = shop.with_state(|state| {
        state.last_order += 1;
        let id = state.last_order;
        state.orders.push_back(Order { id, cents });
        if state.orders.len() > MAX_STORED_ORDERS {
            state.orders.pop_front();
        }
        Order { id, cents }
    });
    (StatusCode::CREATED, plan, Json(order)).into_response()
}

async fn sign_in(
    State(shop): State<Shop>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    Json(credentials): Json<Credentials>,
) -> StatusCode {
    let Credentials { customer, pin } = credentials;
    let account = customer.to_string();
    if pin == FIRST_PIN {
        shop.sign_ins.success(&account, client);
        return StatusCode::NO_CONTENT;
    }
    let reason = FailureReason::WrongCredentials;
    shop.sign_ins.failure(&account, client, reason);
    StatusCode::UNAUTHORIZED
}

async fn find_order(
    State(shop): State<Shop>,
    Path(id): Path<u64>,
) -> Result<Json<Order>, StatusCode> {
    shop.with_state(|state| state.orders.iter().find(|order| order.id == id).cloned())
        .map(Json)
        .ok_or(StatusCode::NOT_FOUND)
}
