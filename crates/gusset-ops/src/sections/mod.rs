//! The sections of the page.

#[cfg(feature = "incident")]
pub(crate) mod recorded;
mod signals;

use std::time::Duration;

use gusset_data::{InstrumentKind, SharedStr, StateTree};
use gusset_history::History;

use crate::query::Query;
use crate::shared::{Section, Shared};

/// The sections of the page itself. Parts have other names.
pub(crate) const OWN: [&str; 11] = [
    "service",
    "signals",
    "routes",
    "active",
    "calls",
    "log",
    "changes",
    "incidents",
    "catalogue",
    "settings",
    "tasks",
];

/// A section of the page: its name in paths, and its title.
pub(crate) type Head = (SharedStr, SharedStr);

/// Returns the heads of all sections, in the order of the page.
pub(crate) fn heads(shared: &Shared) -> Vec<Head> {
    let own = |id: &'static str, title: &'static str| (id.into(), title.into());
    let mut heads = vec![own("service", "Service")];
    if shared.history.is_some() {
        heads.push(own("signals", "Requests"));
        heads.push(own("routes", "Routes, the last 15 minutes"));
    }
    let parts = shared.parts.iter();
    heads.extend(parts.map(|(name, _)| (name.clone(), name.replace('-', " ").into())));
    #[cfg(feature = "incident")]
    if shared.recorder.is_some() {
        heads.push(own("active", "Calls under way"));
        heads.push(own("calls", "Recent calls"));
        heads.push(own("log", "Log"));
        heads.push(own("changes", "Changes of state"));
    }
    if shared.has_incidents() {
        heads.push(own("incidents", "Incident reports"));
    }
    if shared.history.is_some() {
        heads.push(own("catalogue", "Metrics"));
    }
    if !shared.settings.is_empty() {
        heads.push(own("settings", "Settings that can be changed for a time"));
    }
    if !shared.tasks.is_empty() {
        heads.push(own("tasks", "Tasks"));
    }
    heads
}

/// Returns all sections.
pub(crate) fn all(shared: &Shared) -> Vec<Section> {
    let heads = heads(shared).into_iter();
    let query = Query::default();
    heads.map(|head| section(shared, head, &query)).collect()
}

/// Returns a section as it is now, with its charts.
pub(crate) fn section(shared: &Shared, (id, title): Head, query: &Query) -> Section {
    let charts = match (&*id, &shared.history) {
        ("signals", Some(history)) => signals::charts(shared, history),
        _ => Vec::new(),
    };
    Section {
        state: state(shared, &id, query),
        id,
        title,
        charts,
    }
}

/// Returns what a section shows, without secrets. Unknown, if there is none with this name. The query filters calls
/// and log records.
#[cfg_attr(
    not(feature = "incident"),
    allow(unused_variables, reason = "only what the recorder has is filtered")
)]
pub(crate) fn state(shared: &Shared, id: &str, query: &Query) -> StateTree {
    let history = shared.history.as_ref();
    let state = match id {
        "service" => service(shared),
        "signals" => history.map(signals::windows).unwrap_or_default(),
        "routes" => history.map(signals::routes).unwrap_or_default(),
        "catalogue" => history.map(catalogue).unwrap_or_default(),
        "settings" => settings(shared),
        "tasks" => tasks(shared),
        #[cfg(feature = "incident")]
        "active" | "calls" | "log" | "changes" => recorded(shared, id, query),
        #[cfg(feature = "incident")]
        "incidents" => {
            let incidents = shared.incidents.as_ref();
            incidents
                .map(crate::reports::Reports::state)
                .unwrap_or_default()
        }
        name => {
            let mut parts = shared.parts.iter();
            let part = parts.find(|(part, _)| *part == *name);
            part.map(|(_, part)| part.show_state()).unwrap_or_default()
        }
    };
    state.redacted(&shared.redaction)
}

#[cfg(feature = "incident")]
fn recorded(shared: &Shared, id: &str, query: &Query) -> StateTree {
    let Some(recorder) = &shared.recorder else {
        return StateTree::Unknown;
    };
    let now = std::time::SystemTime::now();
    match id {
        "active" => recorded::active(recorder, now, query),
        "calls" => recorded::calls(recorder, query),
        "log" => recorded::log(recorder, query),
        _ => recorded::changes(recorder, query),
    }
}

/// Returns the metrics that the history has.
fn catalogue(history: &History) -> StateTree {
    let metrics = history.metrics().into_iter();
    StateTree::list(metrics.map(|metric| {
        let kind = match metric.kind {
            InstrumentKind::Counter => "counter",
            InstrumentKind::UpDownCounter => "up-down counter",
            InstrumentKind::Gauge => "gauge",
            InstrumentKind::Histogram => "histogram",
            // A kind that this version does not know.
            _ => "other",
        };
        let series = u64::try_from(metric.series).unwrap_or(u64::MAX);
        StateTree::fields([
            ("metric", metric.name.into()),
            ("kind", kind.into()),
            ("unit", metric.unit.into()),
            ("series", series.into()),
        ])
    }))
}

fn settings(shared: &Shared) -> StateTree {
    StateTree::list(shared.settings.iter().map(|setting| {
        StateTree::fields([
            ("name", setting.name().clone().into()),
            ("value", setting.current()),
        ])
    }))
}

fn tasks(shared: &Shared) -> StateTree {
    StateTree::list(shared.tasks.iter().map(|task| {
        StateTree::fields([
            ("name", SharedStr::new(task.name()).into()),
            ("running", task.is_running().into()),
        ])
    }))
}

fn service(shared: &Shared) -> StateTree {
    let uptime = shared.started.elapsed().unwrap_or_default();
    let links = shared.links.iter();
    let mut fields: Vec<(SharedStr, StateTree)> = vec![
        ("name".into(), shared.service.clone().into()),
        ("version".into(), shared.version.clone().into()),
        ("uptime".into(), duration(uptime)),
    ];
    let facts = shared.facts.iter();
    fields.extend(facts.map(|(name, fact)| (name.clone(), fact.show_state())));
    fields.extend(links.map(|(title, url)| (title.clone(), url.clone().into())));
    StateTree::Fields(fields)
}

/// Returns a time in milliseconds, as a number that can be sorted and compared.
#[cfg(feature = "incident")]
fn millis(time: Duration) -> StateTree {
    ((time.as_secs_f64() * 1e6).round() / 1e3).into()
}

/// Returns a time in seconds, as a number.
#[cfg(feature = "incident")]
fn seconds(time: Duration) -> StateTree {
    ((time.as_secs_f64() * 10.0).round() / 10.0).into()
}

/// Returns a time as people write it: `3.2 ms`, `41 s`, `3 h 12 min`.
fn duration(time: Duration) -> StateTree {
    text_of(time).into()
}

fn text_of(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        1..10 => format!("{:.1} s", time.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_people_write_them() {
        let texts = [3, 1500, 41_000, 900_000, 11_520_000, 200_000_000]
            .map(|millis| text_of(Duration::from_millis(millis)));
        let expected = ["3.0 ms", "1.5 s", "41 s", "15 min", "3 h 12 min", "2 d 7 h"];
        assert_eq!(texts, expected);
    }
}
