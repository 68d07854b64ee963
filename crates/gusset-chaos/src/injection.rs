//! The decision about a call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::draw::{self, Stream};
use crate::limits::ActiveGuard;
use crate::mark::mark_call;
use crate::metrics::ActiveFault;
use crate::replay::Decision;
use crate::rule::CallView;
use crate::state::{Armed, CountedRule, Session, Shared};
use crate::sync::Ordering;
use crate::wait::{Wait, has_timer};
use crate::{BodyFault, Fault, FaultKind, InjectedError, InjectedErrorKind, OnDisarm, Pick};

/// What a layer can inject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Abilities {
    /// It makes errors of the service.
    pub(crate) errors: bool,
    /// It makes HTTP responses.
    pub(crate) responses: bool,
}

/// What is injected into one call. Dropped, the call is not active any more.
pub(crate) struct Injection {
    pub(crate) rule: Arc<str>,
    pub(crate) faults: Vec<FaultKind>,
    pub(crate) before: Option<Duration>,
    pub(crate) after: Option<Duration>,
    pub(crate) fault: Option<Fault>,
    pub(crate) body: Option<BodyFault>,
    pub(crate) has_header: bool,
    on_disarm: OnDisarm,
    armed: Arc<Armed>,
    _active: (ActiveGuard, ActiveFault),
}

/// The faults of a rule that were drawn for one call.
struct Drawn {
    before: Option<Duration>,
    after: Option<Duration>,
    fault: Option<Fault>,
    body: Option<BodyFault>,
}

/// A rule that has picked a call.
struct Picked<'a> {
    rule: &'a Arc<CountedRule>,
    ordinal: u64,
    key: Option<u64>,
}

/// Decides about a call, once. `is_hit` is whether a layer further out has hit it.
pub(crate) fn decide(
    shared: &Shared,
    call: &CallView<'_>,
    is_hit: bool,
    abilities: Abilities,
) -> Option<Injection> {
    let session = shared.session()?;
    let seed = shared.settings.seed;
    let picked = pick(&session, seed, call, is_hit)?;
    let rule = picked.rule;
    rule.matched.fetch_add(1, Ordering::Relaxed);
    shared.metrics.matched(&rule.name);
    let mut drawn = draw_faults(&picked, seed);
    for fault in drawn.remove_impossible(abilities) {
        shared.metrics.skipped(&rule.name, fault, "unsupported");
    }
    let faults = drawn.kinds();
    let Some(decisive) = faults.last().copied() else {
        rule.skipped.fetch_add(1, Ordering::Relaxed);
        return None;
    };
    let skip = |reason| {
        rule.skipped.fetch_add(1, Ordering::Relaxed);
        shared.metrics.skipped(&rule.name, decisive, reason);
    };
    let decision = Decision {
        rule: rule.rule.name.clone(),
        ordinal: picked.ordinal,
        key: picked.key,
        faults: faults.clone(),
        dry_run: session.armed.dry_run,
    };
    if session.armed.dry_run {
        session.armed.log.add(decision);
        skip("dry_run");
        return None;
    }
    let acquired = session.armed.limits.acquire(Instant::now().into_std());
    let (guard, is_last) = match acquired {
        Ok(acquired) => acquired,
        Err(limit) => {
            skip(limit.as_str());
            return None;
        }
    };
    session.armed.log.add(decision);
    rule.injected.fetch_add(1, Ordering::Relaxed);
    for fault in &faults {
        shared.metrics.injected(&rule.name, *fault);
    }
    mark_call(&rule.name, decisive);
    if is_last {
        shared.stop(Some(&session.armed), crate::StopReason::Budget);
    }
    Some(Injection {
        rule: rule.name.clone(),
        faults,
        before: drawn.before,
        after: drawn.after,
        fault: drawn.fault,
        body: drawn.body,
        has_header: shared.settings.has_header,
        on_disarm: rule.rule.on_disarm,
        _active: (guard, shared.metrics.active(&rule.name, decisive)),
        armed: session.armed.clone(),
    })
}

/// Returns the first rule that hits the call. Every rule counts it, so that the ordinals of one do not depend on
/// the others.
fn pick<'a>(
    session: &'a Session,
    seed: u64,
    call: &CallView<'_>,
    is_hit: bool,
) -> Option<Picked<'a>> {
    let mut first = None;
    for rule in session.rules.iter() {
        if !rule.matcher.matches(call) || (is_hit && !rule.rule.every_layer) {
            continue;
        }
        let ordinal = rule.ordinals.fetch_add(1, Ordering::Relaxed);
        if first.is_some() {
            continue;
        }
        let key = rule.matcher.key(call);
        let is_picked = match &rule.rule.pick {
            Pick::All => true,
            Pick::SharePpm(share) => {
                let number = key.unwrap_or(ordinal);
                draw::is_within(draw::draw(seed, rule.id, Stream::Rule, number), *share)
            }
            Pick::EveryNth(n) => (ordinal + 1) % n == 0,
            Pick::Ordinals(ordinals) => ordinals.contains(&ordinal),
        };
        if is_picked {
            first = Some(Picked { rule, ordinal, key });
        }
    }
    first
}

fn draw_faults(picked: &Picked<'_>, seed: u64) -> Drawn {
    let rule = &picked.rule.rule;
    let number = picked.key.unwrap_or(picked.ordinal);
    let draw = |stream| draw::draw(seed, picked.rule.id, stream, number);
    let is_drawn = |stream, share| draw::is_within(draw(stream), share);
    let delay = rule.delay.as_ref();
    let delay = delay.filter(|delay| is_drawn(Stream::Delay, delay.share_ppm));
    let latency = delay.map(|delay| delay.latency.at(draw::fraction(draw(Stream::Latency))));
    let is_after = delay.is_some_and(|delay| delay.after);
    let is_faulty = is_drawn(Stream::Fault, rule.fault_share_ppm);
    let is_body_faulty = is_drawn(Stream::Body, rule.body_share_ppm);
    Drawn {
        before: latency.filter(|_| !is_after),
        after: latency.filter(|_| is_after),
        fault: rule.fault.clone().filter(|_| is_faulty),
        body: rule.body.clone().filter(|_| is_body_faulty),
    }
}

// === impl Drawn ===

impl Drawn {
    /// Removes the faults that cannot be injected here, and returns them.
    fn remove_impossible(&mut self, abilities: Abilities) -> Vec<FaultKind> {
        let Abilities { errors, responses } = abilities;
        let waits = self.before.is_some()
            || self.after.is_some()
            || self.fault == Some(Fault::Hang)
            || self.body.as_ref().is_some_and(BodyFault::needs_timer);
        let can_wait = waits && has_timer();
        let mut removed = Vec::new();
        if !can_wait && (self.before.take().is_some() | self.after.take().is_some()) {
            removed.push(FaultKind::Latency);
        }
        let is_possible = |fault: &Fault| match fault {
            Fault::Error => errors,
            Fault::Status { .. } | Fault::GrpcStatus { .. } => responses,
            Fault::Abort | Fault::Cancel { .. } => errors || responses,
            Fault::Hang => can_wait,
            Fault::Panic => true,
        };
        let impossible = self.fault.take_if(|fault| !is_possible(fault));
        removed.extend(impossible.map(|fault| fault.kind()));
        let is_possible = |body: &BodyFault| responses && (can_wait || !body.needs_timer());
        let impossible = self.body.take_if(|body| !is_possible(body));
        removed.extend(impossible.map(|body| body.kind()));
        // The service is not called, so it has no body to fail, and nothing is waited for after it.
        if !matches!(self.fault, None | Some(Fault::Cancel { .. })) {
            (self.body, self.after) = (None, None);
        }
        removed
    }

    /// Returns the kinds of the faults. The last one decides what the client sees.
    fn kinds(&self) -> Vec<FaultKind> {
        let latency = self.before.or(self.after).map(|_| FaultKind::Latency);
        let body = self.body.as_ref().map(BodyFault::kind);
        let fault = self.fault.as_ref().map(Fault::kind);
        latency.into_iter().chain(body).chain(fault).collect()
    }
}

// === impl Injection ===

impl Injection {
    /// Returns a wait for this time, or for an end of the arming.
    pub(crate) fn wait(&self, time: Option<Duration>) -> Wait {
        let is_released = self.on_disarm == OnDisarm::Release;
        Wait::new(time, is_released.then(|| self.armed.release()))
    }

    pub(crate) fn error(&self, kind: InjectedErrorKind) -> InjectedError {
        InjectedError::new(self.rule.clone(), kind)
    }

    /// Leaves out what has not been injected yet: the layer was disarmed.
    pub(crate) fn release(&mut self) {
        (self.before, self.after, self.fault, self.body) = (None, None, None, None);
    }
}

impl fmt::Debug for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Injection")
            .field("rule", &self.rule)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
