//! Carries messages of one signal to their receiver, and knows when to give up.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::Orders;
use super::mood::Mood;
use crate::lane::Tally;
use crate::road::{Fault, Patience, Road, Step, Taken};
use crate::stats::Exports;

/// The road of one signal, and what is known of it.
#[derive(Debug)]
pub(crate) struct Carrier {
    road: Road,
    mood: Mood,
    stats: Option<Exports>,
    /// The receiver asked not to be tried before, for longer than a batch waits.
    pause: Option<Instant>,
    random: RandomState,
    failures: u64,
}

// === impl Carrier ===

impl Carrier {
    pub(crate) fn new(road: Road, mood: Mood, stats: Option<Exports>) -> Self {
        Self {
            road,
            mood,
            stats,
            pause: None,
            random: RandomState::new(),
            failures: 0,
        }
    }

    pub(crate) fn road(&self) -> &Road {
        &self.road
    }

    /// Carries one message with so many items, retries and all, within `limit`. Gives whether it
    /// arrived.
    pub(crate) async fn carry(
        &mut self,
        message: Vec<u8>,
        items: u64,
        limit: Duration,
        tally: &Tally,
        orders: &mut Orders,
    ) -> bool {
        let start = Instant::now();
        if let Some(stats) = &self.stats {
            stats.began(items);
        }
        let result = self.deliver(message, limit, tally, orders).await;
        let error = match &result {
            Ok(Taken { rejected, message }) => {
                // No receiver refuses more than it was sent.
                let rejected = (*rejected).min(items);
                tally
                    .exported
                    .fetch_add(items - rejected, Ordering::Relaxed);
                tally.failed.fetch_add(rejected, Ordering::Relaxed);
                let said = crate::road::said(message);
                self.mood
                    .arrived(rejected, &said, tally.count().lost_so_far());
                if let Some(stats) = &self.stats {
                    stats.ended(items - rejected, None);
                    stats.ended(rejected, Some("rejected"));
                }
                None
            }
            Err(fault) => {
                self.mood.fails(fault, tally.count().lost_so_far());
                // What is cut off at the end is told as left over, not as failed.
                if !orders.is_cut() {
                    tally.failed.fetch_add(items, Ordering::Relaxed);
                }
                if let Some(stats) = &self.stats {
                    stats.ended(items, Some(&fault.kind));
                }
                Some(fault.kind.as_str())
            }
        };
        if let Some(stats) = &self.stats {
            stats.lasted(start.elapsed(), error);
        }
        result.is_ok()
    }

    /// Something that is not to be sent at all.
    pub(crate) fn refuse(&mut self, fault: &Fault, items: u64, tally: &Tally) {
        self.mood.fails(fault, tally.count().lost_so_far());
        tally.failed.fetch_add(items, Ordering::Relaxed);
        if let Some(stats) = &self.stats {
            stats.ended(items, Some(&fault.kind));
        }
    }

    async fn deliver(
        &mut self,
        message: Vec<u8>,
        limit: Duration,
        tally: &Tally,
        orders: &mut Orders,
    ) -> Result<Taken, Fault> {
        let body = self.road.pack(message);
        if let Some(until) = self.pause.take() {
            tokio::select! {
                biased;
                () = orders.cut() => return Err(Fault::shutdown()),
                () = sleep_until(until) => {}
            }
        }
        let start = Instant::now();
        let mut patience = Patience::new(limit);
        loop {
            let left = patience.limit().saturating_sub(start.elapsed());
            let result = tokio::select! {
                biased;
                result = self.road.exchange(body.clone()) => result,
                () = orders.cut() => return Err(Fault::shutdown()),
                () = sleep(left) => return Err(Fault::late(limit)),
            };
            let fault = match result {
                Ok(taken) => return Ok(taken),
                Err(fault) => fault,
            };
            self.failures = self.failures.wrapping_add(1);
            let random = self.random.hash_one(self.failures);
            let Step::Wait(wait) = patience.failed(start.elapsed(), &fault, random) else {
                let asked = fault.after.map(|after| after.min(Patience::ASKED));
                self.pause = asked.map(|asked| Instant::now() + asked);
                return Err(fault);
            };
            // A single failure that a second try mends is not worth a line.
            if patience.attempts() > 1 {
                self.mood.fails(&fault, tally.count().lost_so_far());
            }
            tokio::select! {
                biased;
                () = orders.cut() => return Err(fault),
                () = sleep(wait) => {}
            }
        }
    }
}
