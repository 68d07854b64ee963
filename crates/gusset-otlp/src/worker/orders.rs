//! What the owner asks of the pipelines: to export everything now, and perhaps to end.

use std::sync::mpsc::SyncSender;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// To export all that is waiting.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Orders are told apart by it. 0 is none.
    pub(crate) number: u64,
    /// It is the last: what is not exported by then is lost.
    pub(crate) last: Option<Instant>,
    /// Told by each pipeline when it has come to its end: whether by itself.
    pub(crate) done: Option<SyncSender<bool>>,
}

/// Orders as one pipeline sees them.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    orders: watch::Receiver<Order>,
    done: u64,
}

// === impl Order ===

impl Order {
    pub(crate) const NONE: Self = Self {
        number: 0,
        last: None,
        done: None,
    };
}

// === impl Orders ===

impl Orders {
    pub(crate) fn new(orders: watch::Receiver<Order>) -> Self {
        Self { orders, done: 0 }
    }

    /// The order that is not carried out yet, if there is one. That the owner has gone is a last one.
    pub(crate) fn open(&self) -> Option<Order> {
        let order = self.orders.borrow().clone();
        if order.number != self.done {
            return Some(order);
        }
        self.orders.has_changed().is_err().then(|| Order {
            last: Some(Instant::now()),
            ..Order::NONE
        })
    }

    /// Ends when there is an order to be carried out.
    pub(crate) async fn asked(&mut self) {
        while self.open().is_none() {
            // An error is that the owner has gone, which `open` knows.
            let _ = self.orders.changed().await;
        }
    }

    /// Ends when the time for all exports is up.
    pub(crate) async fn cut(&mut self) {
        let end = loop {
            match self.open().and_then(|order| order.last) {
                Some(end) => break end,
                None => {
                    let _ = self.orders.changed().await;
                }
            }
        };
        sleep_until(end).await;
    }

    /// The time for all exports is up.
    pub(crate) fn is_cut(&self) -> bool {
        let last = self.open().and_then(|order| order.last);
        last.is_some_and(|end| Instant::now() >= end)
    }

    /// The order is carried out, whole or not.
    pub(crate) fn carried_out(&mut self, order: &Order, whole: bool) {
        self.done = order.number;
        if let Some(done) = &order.done {
            // Whoever gave it may have stopped to wait.
            let _ = done.try_send(whole);
        }
    }
}
