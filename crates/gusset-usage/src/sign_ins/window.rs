//! The sign-ins of the last hour.

use gusset_data::SharedStr;

use super::report::{FailureCount, SignInReport};
use super::{FailureReason, SignInClient};
use crate::sketch::SpaceSaving;
use crate::time::Tick;
use crate::visitors::{Secret, address_key};

/// The sign-ins of the current half hour and the one before.
pub(super) struct SignInWindow {
    /// Replaced each day.
    secret: Secret,
    day: u64,
    half_hour: u64,
    current: HalfHour,
    previous: HalfHour,
}

/// The hashes of an account and of a client.
#[derive(Clone, Copy)]
pub(super) struct Hashes {
    pub(super) account: u64,
    pub(super) client: Option<u64>,
}

#[derive(Default)]
struct HalfHour {
    successes: u64,
    failures: [u64; FailureReason::ALL.len()],
    accounts: SpaceSaving,
    clients: SpaceSaving,
}

const TICKS_OF_HALF_HOUR: u64 = 6;

// === impl SignInWindow ===

impl SignInWindow {
    pub(super) fn new() -> Self {
        Self {
            secret: Secret::random(),
            day: 0,
            half_hour: 0,
            current: HalfHour::default(),
            previous: HalfHour::default(),
        }
    }

    /// Forgets what is too old.
    pub(super) fn advance(&mut self, tick: Tick) {
        let half_hour = tick.0 / TICKS_OF_HALF_HOUR;
        if half_hour > self.half_hour {
            let last = std::mem::take(&mut self.current);
            let is_next = half_hour == self.half_hour + 1;
            self.previous = if is_next { last } else { HalfHour::default() };
            self.half_hour = half_hour;
        }
        if tick.day() > self.day {
            self.secret = Secret::random();
            self.day = tick.day();
            // Their hashes are those of the secret before.
            for half in [&mut self.current, &mut self.previous] {
                half.accounts = SpaceSaving::default();
                half.clients = SpaceSaving::default();
            }
        }
    }

    pub(super) fn hashes(&self, account: &str, client: SignInClient<'_>) -> Hashes {
        // The prefix, because an account and a client may have one name.
        let hash = |prefix: &[u8], bytes: &[u8]| self.secret.hash(&[prefix, bytes].concat());
        Hashes {
            account: hash(b"account:", account.as_bytes()),
            client: match client {
                SignInClient::Address(address) => Some(hash(b"address:", &address_key(address))),
                SignInClient::Name(name) => Some(hash(b"client:", name.as_bytes())),
                SignInClient::Unknown => None,
            },
        }
    }

    /// Counts a success, and returns the failures of the account before it.
    pub(super) fn add_success(&mut self, hashes: Hashes) -> u64 {
        let HalfHour {
            successes,
            accounts,
            clients,
            ..
        } = &mut self.current;
        *successes += 1;
        accounts.add_success(hashes.account);
        if let Some(client) = hashes.client {
            clients.add_success(client);
        }
        let halves = [&self.current, &self.previous];
        let failures = halves.map(|half| {
            let entry = half.accounts.get(hashes.account);
            entry.map_or(0, crate::sketch::Entry::failures)
        });
        failures.iter().sum()
    }

    pub(super) fn add_failure(&mut self, hashes: Hashes, reason: FailureReason) {
        let current = &mut self.current;
        current.failures[reason as usize] += 1;
        current.accounts.add_failure(hashes.account);
        if let Some(client) = hashes.client {
            current.clients.add_failure(client);
        }
    }

    pub(super) fn report(&self) -> SignInReport {
        let Self {
            current, previous, ..
        } = self;
        let by_reason = FailureReason::ALL.map(|reason| {
            let of = |half: &HalfHour| half.failures[reason as usize];
            (reason, of(current) + of(previous))
        });
        SignInReport {
            successes: current.successes + previous.successes,
            failures: by_reason.iter().map(|(_, count)| count).sum(),
            by_reason: by_reason
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .collect(),
            accounts: worst(&current.accounts, &previous.accounts),
            clients: worst(&current.clients, &previous.clients),
        }
    }
}

/// Returns the keys with the most failures in both half hours, the worst first.
fn worst(current: &SpaceSaving, previous: &SpaceSaving) -> Vec<FailureCount> {
    let of = |half: &SpaceSaving, key| {
        let entry = half.get(key);
        entry.map_or((0, 0), |entry| (entry.failures(), entry.successes))
    };
    let only_before = previous.entries().iter();
    let only_before = only_before.filter(|entry| current.get(entry.key).is_none());
    let keys = current.entries().iter().chain(only_before);
    let mut all: Vec<_> = keys
        .map(|entry| {
            let (now, before) = (of(current, entry.key), of(previous, entry.key));
            FailureCount {
                hash: SharedStr::from(hash_text(entry.key)),
                failures: now.0 + before.0,
                successes: now.1 + before.1,
            }
        })
        .filter(|count| count.failures > 0)
        .collect();
    all.sort_by(|a, b| {
        b.failures
            .cmp(&a.failures)
            .then_with(|| a.hash.cmp(&b.hash))
    });
    all
}

/// Returns a hash as it is shown and logged.
pub(super) fn hash_text(hash: u64) -> String {
    format!("{hash:016x}")
}
