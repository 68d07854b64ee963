//! The generated configurations and operations.

use std::time::Duration;

use gusset_breaker::{CallResult, Config, HalfOpenPolicy};
use proptest::prelude::*;

/// A configuration in plain numbers.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    pub(crate) count: Option<u32>,
    pub(crate) time: Option<(u64, u32)>,
    pub(crate) minimum: u32,
    pub(crate) failure_percent: Option<u32>,
    pub(crate) slow: Option<(u64, u32)>,
    pub(crate) consecutive: Option<u32>,
    pub(crate) probes: u32,
    pub(crate) any_failure_opens: bool,
    pub(crate) half_open_ms: Option<u64>,
    pub(crate) close_on_timeout: bool,
    pub(crate) open_ms: u64,
    pub(crate) backoff: (u32, u64),
    pub(crate) max_retry_after: Option<u64>,
    pub(crate) auto: bool,
}

/// One step of the comparison.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Advance(u64),
    Acquire,
    /// Completes one of the calls in progress.
    End(usize, CallResult, u64, Option<u64>),
    Cancel(usize),
    Call(CallResult, u64),
    Tick,
    Trip,
    Close,
    ForceOpen,
    Disable,
    DryRun,
}

pub(crate) fn plain() -> impl Strategy<Value = Plain> {
    let window = prop_oneof![
        3 => (1u32..40).prop_map(|size| (Some(size), None)),
        3 => (1u64..20, 1u32..8).prop_map(|(ms, n)| (None, Some((ms * u64::from(n), n)))),
        1 => Just((None, None)),
    ];
    let rules = (
        prop::option::weighted(0.8, 1u32..=100),
        prop::option::weighted(0.3, (1u64..50, 1u32..=100)),
        prop::option::weighted(0.3, 1u32..5),
        1u32..10,
    );
    let half_open = (
        1u32..5,
        any::<bool>(),
        prop::option::weighted(0.7, 1u64..60),
        any::<bool>(),
    );
    let open = (
        1u64..50,
        (1u32..4, 0u64..200),
        prop::option::weighted(0.5, 50u64..300),
        any::<bool>(),
    );
    (window, rules, half_open, open).prop_map(
        |((count, time), (failure, slow, consecutive, minimum), half_open, open)| {
            let windowed = count.is_some() || time.is_some();
            let failure_percent = failure.filter(|_| windowed);
            let slow = slow.filter(|_| windowed);
            let none = failure_percent.is_none() && slow.is_none();
            let (open_ms, (multiplier, more), max_retry_after, auto) = open;
            Plain {
                count,
                time,
                minimum: minimum.min(count.unwrap_or(u32::MAX)),
                failure_percent,
                slow,
                consecutive: if none {
                    consecutive.or(Some(2))
                } else {
                    consecutive
                },
                probes: half_open.0,
                any_failure_opens: half_open.1 || failure_percent.is_none(),
                half_open_ms: half_open.2,
                close_on_timeout: half_open.3,
                open_ms,
                backoff: (multiplier, open_ms + more),
                max_retry_after,
                auto,
            }
        },
    )
}

pub(crate) fn operation() -> impl Strategy<Value = Operation> {
    let result = || {
        prop_oneof![
            4 => Just(CallResult::Success),
            4 => Just(CallResult::Failure),
            1 => Just(CallResult::Throttled),
            1 => Just(CallResult::Ignored),
        ]
    };
    prop_oneof![
        6 => (0u64..40).prop_map(Operation::Advance),
        1 => (0u64..10_000_000_000).prop_map(Operation::Advance),
        6 => Just(Operation::Acquire),
        6 => (any::<usize>(), result(), 0u64..80, prop::option::of(0u64..500))
            .prop_map(|(at, result, duration, retry_after)| Operation::End(at, result, duration, retry_after)),
        2 => any::<usize>().prop_map(Operation::Cancel),
        10 => (result(), 0u64..80).prop_map(|(result, duration)| Operation::Call(result, duration)),
        2 => Just(Operation::Tick),
        1 => prop_oneof![
            Just(Operation::Trip),
            Just(Operation::Close),
            Just(Operation::ForceOpen),
            Just(Operation::Disable),
            Just(Operation::DryRun),
        ],
    ]
}

impl Plain {
    pub(crate) fn config(&self) -> Config {
        let percent = |percent: u32| f64::from(percent) / 100.0;
        let ms = Duration::from_millis;
        let mut config = Config::new()
            .without_window()
            .open_jitter(0.0)
            .half_open_calls(self.probes)
            .open_duration(ms(self.open_ms))
            .open_backoff(self.backoff.0.into(), ms(self.backoff.1));
        if let Some(size) = self.count {
            config = config.count_window(size).minimum_calls(self.minimum);
        }
        if let Some((size, buckets)) = self.time {
            config = config
                .time_window_with_buckets(ms(size), buckets)
                .minimum_calls(self.minimum);
        }
        if let Some(rate) = self.failure_percent {
            config = config.failure_rate_threshold(percent(rate));
        }
        if let Some((after, rate)) = self.slow {
            config = config.slow_calls(ms(after), percent(rate));
        }
        if let Some(failures) = self.consecutive {
            config = config.consecutive_failures(failures);
        }
        config = config.half_open_policy(if self.any_failure_opens {
            HalfOpenPolicy::AnyFailure
        } else {
            HalfOpenPolicy::Rate
        });
        config = match self.half_open_ms {
            Some(limit) => config.max_half_open(ms(limit)),
            None => config.no_half_open_timeout(),
        };
        if self.close_on_timeout {
            config = config.close_on_half_open_timeout();
        }
        if let Some(max) = self.max_retry_after {
            config = config.honour_retry_after(ms(max));
        }
        if self.auto {
            config = config.auto_half_open();
        }
        config
    }
}
