//! Spans and log records: gathered, and exported when there are enough or when it is time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gusset_data::{Attribute, LogRecord, SpanData};
use tokio::time::{Instant, sleep, sleep_until};

use super::{Carrier, Console, Orders};
use crate::encode::{self, Form, Limits};
use crate::lane::Lane;
use crate::road::{Fault, REQUEST};
use crate::settings::Batching;
use crate::{Protocol, stats};

/// How often the length of a queue is told while an export takes its time.
const WATCH: Duration = Duration::from_secs(1);

/// What can be exported in batches.
pub(crate) trait Item: Sized + Send + 'static {
    /// What the messages of it need to know.
    type With: Copy + Send + Sync;

    fn encode(form: Form, resource: &[Attribute], with: Self::With, items: &mut [Self]) -> Vec<u8>;
}

/// The pipeline of one such signal.
pub(crate) struct Batches<T: Item> {
    pub(crate) lane: Arc<Lane<T>>,
    pub(crate) batching: Batching,
    pub(crate) resource: Arc<[Attribute]>,
    pub(crate) with: T::With,
    pub(crate) carrier: Option<Carrier>,
    pub(crate) console: Option<Console>,
    pub(crate) stats: Option<stats::Queue>,
}

// === impl Item ===

impl Item for SpanData {
    type With = ();

    fn encode(form: Form, resource: &[Attribute], (): (), items: &mut [Self]) -> Vec<u8> {
        encode::spans(form, resource, items)
    }
}

impl Item for LogRecord {
    type With = Limits;

    fn encode(form: Form, resource: &[Attribute], with: Limits, items: &mut [Self]) -> Vec<u8> {
        encode::logs(form, resource, with, items)
    }
}

// === impl Batches ===

impl<T: Item> Batches<T> {
    pub(crate) async fn run(self, orders: Orders) {
        let size = self.stats.as_ref().map(stats::Queue::size);
        let lane = Arc::clone(&self.lane);
        let watch = async move {
            let Some(size) = size else {
                return std::future::pending().await;
            };
            loop {
                sleep(WATCH).await;
                size.set(lane.len() as f64);
            }
        };
        tokio::select! {
            () = self.pump(orders) => {}
            () = watch => {}
        }
    }

    async fn pump(mut self, mut orders: Orders) {
        let mut next = Instant::now() + self.batching.delay;
        loop {
            tokio::select! {
                () = self.lane.wake.notified() => {}
                () = sleep_until(next) => {}
                () = orders.asked() => {}
            }
            let order = orders.open();
            self.drain(&mut orders).await;
            next = Instant::now() + self.batching.delay;
            if let Some(order) = order {
                let whole = self.lane.len() == 0 && !orders.is_cut();
                let whole = whole || order.last.is_none();
                orders.carried_out(&order, whole);
                if order.last.is_some() {
                    return;
                }
            }
        }
    }

    /// Exports what is waiting now; what comes meanwhile only as far as it fills batches.
    async fn drain(&mut self, orders: &mut Orders) {
        let mut due = self.lane.len();
        while !orders.is_cut() {
            let batch = self.lane.batch();
            if let Some(stats) = &self.stats {
                stats.took(batch.len(), self.lane.len());
            }
            if batch.is_empty() {
                return;
            }
            due = due.saturating_sub(batch.len());
            self.export(batch, orders).await;
            if due == 0 && self.lane.len() < self.batching.size {
                return;
            }
        }
    }

    async fn export(&mut self, mut batch: Vec<T>, orders: &mut Orders) {
        let Self {
            lane,
            batching,
            resource,
            with,
            carrier,
            console,
            stats: _,
        } = self;
        let tally = &lane.tally;
        if let Some(console) = console {
            let line = T::encode(Form::Json, resource, *with, &mut batch);
            let written = console.line(line, orders).await;
            if carrier.is_none() {
                let to = if written {
                    &tally.exported
                } else {
                    &tally.failed
                };
                to.fetch_add(batch.len() as u64, Ordering::Relaxed);
            }
        }
        let Some(carrier) = carrier else { return };
        let form = match carrier.road().protocol() {
            Protocol::HttpJson => Form::Json,
            _ => Form::Protobuf,
        };
        // Parts of a batch that is too large for one request; nearly always it is its only part.
        let mut parts = vec![&mut batch[..]];
        while let Some(part) = parts.pop() {
            let message = T::encode(form, resource, *with, part);
            let items = part.len() as u64;
            if message.len() <= REQUEST {
                let limit = batching.timeout;
                carrier.carry(message, items, limit, tally, orders).await;
            } else if items == 1 {
                carrier.refuse(&Fault::too_large(), items, tally);
            } else {
                let (first, second) = part.split_at_mut(part.len() / 2);
                parts.extend([second, first]);
            }
        }
    }
}
