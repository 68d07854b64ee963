//! The sections of the page.

#[cfg(feature = "incident")]
mod recorded;
mod signals;

use std::time::Duration;

use gusset_data::{SharedStr, StateTree};

use crate::shared::{Section, Shared};

/// The sections of the page itself. Parts have other names.
pub(crate) const OWN: [&str; 8] = [
    "service", "signals", "routes", "active", "calls", "log", "changes", "tasks",
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
    if !shared.tasks.is_empty() {
        heads.push(own("tasks", "Tasks"));
    }
    heads
}

/// Returns all sections.
pub(crate) fn all(shared: &Shared) -> Vec<Section> {
    let heads = heads(shared).into_iter();
    heads.map(|head| section(shared, head)).collect()
}

/// Returns a section as it is now, with its charts.
fn section(shared: &Shared, (id, title): Head) -> Section {
    let charts = match (&*id, &shared.history) {
        ("signals", Some(history)) => signals::charts(history),
        _ => Vec::new(),
    };
    Section {
        state: state(shared, &id),
        id,
        title,
        charts,
    }
}

/// Returns what a section shows, without secrets. Unknown, if there is none with this name.
pub(crate) fn state(shared: &Shared, id: &str) -> StateTree {
    let history = shared.history.as_ref();
    let state = match id {
        "service" => service(shared),
        "signals" => history.map(signals::windows).unwrap_or_default(),
        "routes" => history.map(signals::routes).unwrap_or_default(),
        "tasks" => tasks(shared),
        #[cfg(feature = "incident")]
        "active" | "calls" | "log" | "changes" => recorded(shared, id),
        name => {
            let mut parts = shared.parts.iter();
            let part = parts.find(|(part, _)| *part == *name);
            part.map(|(_, part)| part.show_state()).unwrap_or_default()
        }
    };
    state.redacted(&shared.redaction)
}

#[cfg(feature = "incident")]
fn recorded(shared: &Shared, id: &str) -> StateTree {
    let Some(recorder) = &shared.recorder else {
        return StateTree::Unknown;
    };
    let now = std::time::SystemTime::now();
    match id {
        "active" => recorded::active(recorder, now),
        "calls" => recorded::calls(recorder, shared.clock.now()),
        "log" => recorded::log(recorder),
        _ => recorded::changes(recorder, now),
    }
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
    fields.extend(links.map(|(title, url)| (title.clone(), url.clone().into())));
    StateTree::Fields(fields)
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
