//! The states of the parts of a service: as sections of reports, and as changes that are recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

#[cfg(feature = "breaker")]
use gusset_breaker::{State, TransitionStream};
#[cfg(feature = "slo")]
use gusset_incident::{Detect as _, StateChanged};
use gusset_incident::{FlightRecorder, IncidentsBuilder, Moment, Trigger};

use crate::service::Inner;
#[cfg(feature = "breaker")]
use crate::service::breakers::{self, Breakers};

/// Adds the parts that the service has.
pub(super) fn sections(builder: IncidentsBuilder, inner: &Arc<Inner>) -> IncidentsBuilder {
    #[cfg(feature = "diagnose")]
    let builder = match &inner.diagnosis {
        Some(diagnosis) => builder.section("diagnosis", diagnosis.clone()),
        None => builder,
    };
    let builder = builder.section("health", inner.health.clone());
    #[cfg(feature = "breaker")]
    let builder = builder.section("breakers", breakers::shown(&inner.breakers));
    #[cfg(feature = "slo")]
    let builder = match &inner.monitor {
        Some(monitor) => builder.section("objectives and ranges", monitor.clone()),
        None => builder,
    };
    #[cfg(feature = "usage")]
    let builder = builder.section("usage", gusset_usage::Usage::clone(&inner.usage));
    #[cfg(feature = "serde")]
    let builder = {
        let text = inner.config.to_toml();
        let lines = text.lines().map(str::trim);
        let set = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let lines: Vec<_> = set.map(|line| line.to_owned().into()).collect();
        builder.section("configuration", move || {
            gusset_data::StateTree::List(lines.clone())
        })
    };
    builder
}

/// Adds what records changes, and detects those that are trouble.
pub(super) fn changes(
    builder: IncidentsBuilder,
    inner: &Arc<Inner>,
    recorder: &FlightRecorder,
) -> IncidentsBuilder {
    let builder = builder.on(
        Trigger::LivenessMissed,
        phase_and_liveness(inner, recorder.clone()),
    );
    #[cfg(feature = "breaker")]
    let builder = builder.on(
        Trigger::BreakerOpened,
        transitions(Arc::clone(&inner.breakers), recorder.clone()),
    );
    #[cfg(feature = "slo")]
    let builder = match &inner.monitor {
        None => builder,
        Some(monitor) => {
            let record = recorder.clone();
            monitor.on_change(move |change| {
                let status = change.status();
                let kind = match status.kind() {
                    gusset_slo::Watched::Objective => "objective",
                    _ => "range",
                };
                let what = format!("{kind} {}", status.name());
                record.record_change(what, status.state().as_str());
            });
            let left = StateChanged::to("range ", "violated");
            let violated = StateChanged::to("objective ", "violated");
            builder.on(Trigger::RangeLeft, left.or(violated))
        }
    };
    builder
}

/// Records the phase of life and the statuses of checks, and detects that a heartbeat is late.
fn phase_and_liveness(
    inner: &Inner,
    recorder: FlightRecorder,
) -> impl FnMut(&Moment<'_>) -> Option<String> + Send + 'static {
    let health = inner.health.clone();
    let has_tasks = inner.runtime.is_some();
    let mut last = None;
    let mut statuses = BTreeMap::new();
    move |_| {
        let phase = health.lifecycle().phase();
        if last.replace(phase) != Some(phase) {
            recorder.record_change("phase", phase.as_str());
        }
        for (check, status) in health.checks() {
            if statuses.get(&check) != Some(&status) {
                recorder.record_change(format!("check {check}"), status.as_str());
                statuses.insert(check, status);
            }
        }
        let is_stuck = has_tasks && !health.is_live();
        is_stuck.then(|| "a heartbeat is late: the runtime or a loop is stuck".to_owned())
    }
}

/// Records the transitions of breakers, and detects those that open one.
#[cfg(feature = "breaker")]
fn transitions(
    breakers: Breakers,
    recorder: FlightRecorder,
) -> impl FnMut(&Moment<'_>) -> Option<String> + Send + 'static {
    let mut streams: BTreeMap<String, TransitionStream> = BTreeMap::new();
    move |_| {
        let mut opened = Vec::new();
        let mut changed = |name: &str, state: State| {
            let what = format!("breaker {name}");
            if matches!(state, State::Open | State::ForcedOpen) {
                opened.push(format!("{what} is {state}"));
            }
            recorder.record_change(what, state.as_str());
        };
        let known = crate::service::serve::lock(&breakers).clone();
        for (name, breaker) in known {
            let stream = streams.entry(name.clone()).or_insert_with(|| {
                // It may have changed since it was made, which is less than a second ago.
                if breaker.state() != State::Closed {
                    changed(&name, breaker.state());
                }
                breaker.transitions()
            });
            while let Some(transition) = stream.try_recv() {
                changed(&name, transition.to);
            }
        }
        (!opened.is_empty()).then(|| opened.join(", "))
    }
}
