//! The sections of the page.

#[cfg(feature = "incident")]
mod recorded;
mod signals;

use std::time::Duration;

use gusset_data::{SharedStr, StateTree};

use crate::chart::Chart;
use crate::shared::{Section, Shared};

/// The sections of the page itself. Parts have other names.
pub(crate) const OWN: [&str; 8] = [
    "service", "signals", "routes", "active", "calls", "log", "changes", "tasks",
];

/// Returns the sections, in the order of the page, without secrets.
pub(crate) fn all(shared: &Shared) -> Vec<Section> {
    let mut sections = vec![section("service", "Service", service(shared))];
    if let Some(history) = &shared.history {
        let signals = section("signals", "Requests", signals::windows(history));
        sections.push(Section {
            charts: signals::charts(history),
            ..signals
        });
        sections.push(section(
            "routes",
            "Routes, the last 15 minutes",
            signals::routes(history),
        ));
    }
    for (name, part) in &shared.parts {
        let title = name.replace('-', " ");
        sections.push(Section {
            id: name.clone(),
            title: title.into(),
            state: part.show_state(),
            charts: Vec::new(),
        });
    }
    #[cfg(feature = "incident")]
    if let Some(recorder) = &shared.recorder {
        let now = std::time::SystemTime::now();
        sections.extend([
            section("active", "Calls under way", recorded::active(recorder, now)),
            section(
                "calls",
                "Recent calls",
                recorded::calls(recorder, shared.clock.now()),
            ),
            section("log", "Log", recorded::log(recorder)),
            section(
                "changes",
                "Changes of state",
                recorded::changes(recorder, now),
            ),
        ]);
    }
    if !shared.tasks.is_empty() {
        let tasks = shared.tasks.iter().map(|task| {
            StateTree::fields([
                ("name", SharedStr::new(task.name()).into()),
                ("running", task.is_running().into()),
            ])
        });
        sections.push(section("tasks", "Tasks", StateTree::list(tasks)));
    }
    for section in &mut sections {
        let state = std::mem::take(&mut section.state);
        section.state = state.redacted(&shared.redaction);
    }
    sections
}

fn section(id: &'static str, title: &'static str, state: StateTree) -> Section {
    Section {
        id: id.into(),
        title: title.into(),
        state,
        charts: Vec::<Chart>::new(),
    }
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
