//! When to try again: a pure decision, given the time.

use std::time::Duration;

use super::Fault;

/// The first wait, about; it is doubled each time.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait of our own choice.
const LONGEST: Duration = Duration::from_secs(8);
/// The patience with one batch.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    /// How long the batch may take in all, from its start. What the receiver asks for is added.
    limit: Duration,
    /// No more than this is added.
    asked: Duration,
    attempts: u32,
}

/// What to do after an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Try again after this.
    Wait(Duration),
    /// The batch is lost.
    GiveUp,
}

// === impl Patience ===

impl Patience {
    /// A receiver that asks for more than this is not waited for longer: what it would get then is
    /// stale, and what is new has no room.
    pub(crate) const ASKED: Duration = Duration::from_secs(300);

    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            asked: Self::ASKED,
            attempts: 0,
        }
    }

    /// How long the batch may take in all, from its start.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// Attempts that failed.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// An attempt failed, so long after the start. `random` is any number.
    pub(crate) fn failed(&mut self, elapsed: Duration, fault: &Fault, random: u64) -> Step {
        self.attempts = self.attempts.saturating_add(1);
        if !fault.again {
            return Step::GiveUp;
        }
        let doubled = FIRST.saturating_mul(1 << self.attempts.saturating_sub(1).min(16));
        let own = doubled.min(LONGEST);
        // Between one half and the whole: receivers that come back are not met by all at once.
        let own = own / 2 + own.mul_f64((random >> 11) as f64 / (1u64 << 54) as f64);
        let wait = match fault.after {
            Some(after) if after > self.asked => return Step::GiveUp,
            Some(after) => {
                self.asked -= after;
                self.limit = self.limit.saturating_add(after);
                // Jitter here too: all were told the same.
                after.saturating_add(own / 4)
            }
            None => own,
        };
        if elapsed.saturating_add(wait) >= self.limit {
            return Step::GiveUp;
        }
        Step::Wait(wait)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    fn fault(again: bool, after: Option<u64>) -> Fault {
        Fault {
            after: after.map(Duration::from_secs),
            ..Fault::refused("503", "", again)
        }
    }

    #[test]
    fn waits_are_doubled_up_to_the_longest() {
        let mut patience = Patience::new(Duration::MAX);
        let waits: Vec<u128> = (0..8)
            .map(
                |_| match patience.failed(Duration::ZERO, &fault(true, None), 0) {
                    Step::Wait(wait) => wait.as_millis(),
                    Step::GiveUp => 0,
                },
            )
            .collect();
        assert_eq!(waits, [125, 250, 500, 1000, 2000, 4000, 4000, 4000]);
    }

    #[test]
    fn what_is_not_worth_another_try_gets_none() {
        let step = Patience::new(LIMIT).failed(Duration::ZERO, &fault(false, Some(1)), 0);
        assert_eq!(step, Step::GiveUp);
    }

    #[test]
    fn a_wait_that_is_asked_for_is_given_but_not_without_end() {
        let mut patience = Patience::new(LIMIT);
        let mut elapsed = Duration::ZERO;
        let mut waits = 0;
        while let Step::Wait(wait) = patience.failed(elapsed, &fault(true, Some(60)), 0) {
            assert!(wait >= Duration::from_secs(60));
            elapsed += wait;
            waits += 1;
        }
        assert_eq!(waits, 5);
        assert!(elapsed < Patience::ASKED + LIMIT);
    }

    proptest! {
        #[test]
        fn every_batch_ends(
            faults in proptest::collection::vec((any::<Option<u16>>(), any::<u64>()), 1_000),
        ) {
            let mut patience = Patience::new(LIMIT);
            let mut elapsed = Duration::ZERO;
            for (after, random) in faults {
                let fault = fault(true, after.map(u64::from));
                match patience.failed(elapsed, &fault, random) {
                    Step::Wait(wait) => elapsed += wait,
                    Step::GiveUp => return Ok(()),
                }
                prop_assert!(elapsed <= LIMIT + Patience::ASKED);
            }
            prop_assert!(false, "never given up: {:?}", elapsed);
        }
    }
}
