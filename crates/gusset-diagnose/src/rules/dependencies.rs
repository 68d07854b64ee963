//! Services that this one calls, pools of connections and breakers.

use gusset_system::{Dependency, Pool, Snapshot};

use super::{Inputs, RuleResult, Signs, number, ratio};
use crate::EvidenceUnit::{Count, Seconds, Share};
use crate::{Area, Evidence, FindingKind, Levels, Scope, Severity, Stage};

pub(crate) static SLOW: FindingKind = FindingKind {
    id: "dependency.slow",
    area: Area::Dependencies,
    stage: Stage::Saturation,
    conclusion: "Calls wait for a service that answers slowly. This host is not the cause.",
    advice: "Look at that service. Until it is well, a time-out and a circuit breaker keep this one responsive.",
};

pub(crate) static FAILING: FindingKind = FindingKind {
    id: "dependency.failing",
    area: Area::Dependencies,
    stage: Stage::Errors,
    conclusion: "Calls to another service fail.",
    advice: "Look at `error.type` of these calls, and at that service.",
};

pub(crate) static CONNECTING: FindingKind = FindingKind {
    id: "dependency.connecting",
    area: Area::Dependencies,
    stage: Stage::Saturation,
    conclusion: "Most of the time of calls to another service goes into opening connections.",
    advice: "Keep connections open: one client with a pool for the process. If names take the time, look at the resolver.",
};

pub(crate) static POOL_EXHAUSTED: FindingKind = FindingKind {
    id: "pool.exhausted",
    area: Area::Dependencies,
    stage: Stage::Saturation,
    conclusion: "Calls wait for a connection of a pool, and all of them are in use.",
    advice: "Look for connections that are held for too long or are not returned: a slow query, a transaction over an await, \
             a leak. Only then make the pool larger.",
};

pub(crate) static BREAKER_OPEN: FindingKind = FindingKind {
    id: "breaker.open",
    area: Area::Dependencies,
    stage: Stage::Errors,
    conclusion: "A circuit breaker is open: calls to another service are rejected here.",
    advice: "Look at that service. The breaker closes by itself when trial calls succeed.",
};

const DURATION: &str = "http.client.request.duration";

/// A call that takes less is not slow, however fast it usually is.
const MIN_SLOW_SECONDS: f64 = 0.05;
/// The share of the waiting time of calls that a dependency has to explain.
const MIN_SHARE_OF_WAITING: f64 = 0.5;

/// Looks for a dependency that is slow by itself or compared with its usual time, and that the calls wait for.
pub(super) fn slow(inputs: &Inputs<'_>) -> RuleResult {
    let waiting = waiting(inputs);
    by_dependency(inputs, |before, now| {
        let p99 = now.p99.map(|it| it.as_secs_f64());
        let result = slow_at(inputs, now, p99);
        let RuleResult::Found(_) = &result else {
            return result;
        };
        let explained = waiting.and_then(|(seconds, _)| {
            let of_dependency = inputs.interval?.time(before.duration, now.duration)?;
            ratio(of_dependency.as_secs_f64(), seconds)
        });
        let waits = waiting.map(|(_, share)| share);
        let is_harmless = waits.is_some_and(|share| share < inputs.thresholds.waiting_share)
            || explained.is_some_and(|share| share < MIN_SHARE_OF_WAITING);
        if is_harmless {
            return RuleResult::Cleared;
        }
        let least = inputs.thresholds.waiting_share;
        let waits = waits.map(|share| {
            let about = "time of calls in which they wait";
            Evidence::new("gusset.call.time", about, share, least, Share)
        });
        result.and("time in which calls wait, by route", waits)
    })
}

/// Returns the result about the time of a dependency alone.
fn slow_at(inputs: &Inputs<'_>, now: &Dependency, p99: Option<f64>) -> RuleResult {
    let levels = inputs.thresholds.dependency_p99;
    let absolute = RuleResult::at_levels(p99, levels, Scope::Dependency, |value| {
        let about = "its 99th percentile";
        Evidence::new(DURATION, about, value, levels.warning, Seconds)
    });
    let mut usual = inputs.signals.usual_dependency_p99.iter().flatten();
    let usual = usual.find(|(name, _)| *name == now.name);
    let (Some((_, usual)), Some(p99)) = (usual, p99.filter(|it| *it >= MIN_SLOW_SECONDS)) else {
        return absolute;
    };
    let Some(times) = ratio(p99, usual.as_secs_f64()) else {
        return absolute;
    };
    let levels = inputs.thresholds.dependency_slowdown;
    let threshold = levels.warning * usual.as_secs_f64();
    let relative = RuleResult::at_levels(Some(times), levels, Scope::Dependency, |_| {
        let about = "its 99th percentile, with three times the usual one as threshold";
        Evidence::new(DURATION, about, p99, threshold, Seconds)
    });
    RuleResult::worst([absolute, relative])
}

/// Returns the time in which the calls of all routes waited, in seconds, and as a share of their time.
fn waiting(inputs: &Inputs<'_>) -> Option<(f64, f64)> {
    let sum = |snapshot: &Snapshot,
               of: fn(&gusset_system::Route) -> Option<std::time::Duration>| {
        let routes = snapshot.service.routes.as_ref()?;
        let times = routes.iter().map(|it| Some(of(it)?.as_secs_f64()));
        times.sum::<Option<f64>>()
    };
    let added = |of| {
        let added = sum(inputs.now, of)? - sum(inputs.previous, of)?;
        (added >= 0.0).then_some(added)
    };
    let waiting = added(|it| it.waiting)?;
    let all = waiting + added(|it| it.polled)? + added(|it| it.scheduled)?;
    Some((waiting, ratio(waiting, all)?))
}

pub(super) fn failing(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.dependency_errors;
    by_dependency(inputs, |before, now| {
        let share = inputs.interval.and_then(|interval| {
            let calls = number(interval.increase(before.calls, now.calls)?);
            let errors = number(interval.increase(before.errors, now.errors)?);
            // One failure of a few calls is not a pattern.
            Some(if errors < MIN_ERRORS {
                0.0
            } else {
                ratio(errors, calls)?
            })
        });
        RuleResult::at_levels(share, levels, Scope::Dependency, |value| {
            let about = "calls that fail";
            Evidence::new(DURATION, about, value, levels.warning, Share)
        })
    })
}

/// The failures in the interval that make a pattern.
const MIN_ERRORS: f64 = 3.0;

pub(super) fn connecting(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.connecting;
    by_dependency(inputs, |before, now| {
        let share = inputs.interval.and_then(|interval| {
            let time = |of: fn(&Dependency) -> Option<std::time::Duration>| {
                Some(interval.time(of(before), of(now))?.as_secs_f64())
            };
            let opening = time(|it| it.dns)? + time(|it| it.connect)? + time(|it| it.tls)?;
            Some(ratio(opening, time(|it| it.duration)?).unwrap_or(0.0))
        });
        RuleResult::at_levels(share, levels, Scope::Dependency, |value| {
            let about = "time of calls in which names are resolved and connections are opened";
            Evidence::new(DURATION, about, value, levels.warning, Share)
        })
    })
}

/// Returns the worst result about a dependency, given its state before: all zero if it is new.
fn by_dependency(
    inputs: &Inputs<'_>,
    check: impl Fn(&Dependency, &Dependency) -> RuleResult,
) -> RuleResult {
    let Some(dependencies) = &inputs.now.service.dependencies else {
        return RuleResult::Unknown;
    };
    let results = dependencies.iter().map(|now| {
        let mut before = inputs.previous.service.dependencies.iter().flatten();
        let zero = zero();
        let before = before.find(|it| it.name == now.name);
        check(before.unwrap_or(&zero), now).about(&now.name)
    });
    known(results, dependencies.is_empty())
}

fn zero() -> Dependency {
    let mut zero = Dependency::default();
    zero.calls = Some(0);
    zero.errors = Some(0);
    for time in [
        &mut zero.duration,
        &mut zero.dns,
        &mut zero.connect,
        &mut zero.tls,
    ] {
        *time = Some(std::time::Duration::ZERO);
    }
    zero
}

/// Returns the worst result. A service without dependencies has none that is slow.
fn known(results: impl Iterator<Item = RuleResult>, is_empty: bool) -> RuleResult {
    match is_empty {
        true => RuleResult::Cleared,
        false => RuleResult::worst(results),
    }
}

pub(super) fn pool_exhausted(inputs: &Inputs<'_>) -> RuleResult {
    let Some(pools) = &inputs.now.service.pools else {
        return RuleResult::Unknown;
    };
    let results = pools.iter().map(|pool| {
        let result = exhausted(pool, inputs.thresholds.pool_wait);
        result.about(&pool.name)
    });
    known(results, pools.is_empty())
}

fn exhausted(pool: &Pool, levels: Levels) -> RuleResult {
    let is_full = pool
        .in_use
        .zip(pool.size)
        .map(|(in_use, size)| in_use >= size);
    if is_full == Some(false) {
        return RuleResult::Cleared;
    }
    let wait = pool.wait_p99.map(|wait| wait.as_secs_f64());
    let by_wait = RuleResult::at_levels(wait, levels, Scope::Process, |value| {
        let about = "time to get a connection (99th percentile)";
        let metric = "db.client.connection.wait_time";
        Evidence::new(metric, about, value, levels.warning, Seconds)
    });
    let by_waiting = match pool.waiting.map(number) {
        None => RuleResult::Unknown,
        Some(waiting) if waiting < 1.0 => RuleResult::Cleared,
        Some(waiting) => {
            let about = "calls that wait for a connection";
            let metric = "db.client.connection.pending_requests";
            let evidence = Evidence::new(metric, about, waiting, 1.0, Count);
            RuleResult::Found(Signs::new(Severity::Warning, Scope::Process, evidence))
        }
    };
    let in_use = pool.in_use.zip(pool.size).map(|(in_use, size)| {
        let about = "connections in use";
        let metric = "db.client.connection.count";
        Evidence::new(metric, about, number(in_use), number(size), Count)
    });
    RuleResult::worst([by_wait, by_waiting]).and("size of the pool", in_use)
}

pub(super) fn breaker_open(inputs: &Inputs<'_>) -> RuleResult {
    let Some(open) = &inputs.signals.open_breakers else {
        return RuleResult::Unknown;
    };
    let Some(first) = open.first() else {
        return RuleResult::Cleared;
    };
    let about = "circuit breakers that are open";
    let count = number(open.len() as u64);
    let evidence = Evidence::new("gusset.breaker.state", about, count, 1.0, Count);
    RuleResult::Found(Signs::new(Severity::Warning, Scope::Dependency, evidence)).about(first)
}
