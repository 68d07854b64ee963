//! A report for people.

mod chart;
mod minute;
mod text;

use std::fmt::Write as _;
use std::time::Duration;

use gusset_data::StateTree;

use self::text::{block, inline, table};
use super::{CallRow, Report, time};

/// The changes and log records that are shown; the JSON has all.
const MAX_CHANGES: usize = 50;
const MAX_LOGS: usize = 100;

/// Returns the page.
pub(super) fn render(report: &Report) -> String {
    let mut page = String::new();
    head(&mut page, report);
    for section in &report.sections {
        let _ = write!(page, "\n## {}\n\n", inline(&capitalised(&section.name)));
        tree(&mut page, &section.state);
    }
    minute::append(&mut page, report);
    calls(&mut page, report);
    changes(&mut page, report);
    logs(&mut page, report);
    if let Some(tasks) = &report.tasks {
        page.push_str("\n## Tasks\n\n");
        block(&mut page, tasks);
    }
    page.push_str("\n## Build\n\n");
    tree(&mut page, &report.service.build);
    if !report.missing.is_empty() {
        page.push_str("\n## Missing in this report\n\n");
        for missing in &report.missing {
            let _ = writeln!(page, "- {}", inline(missing));
        }
    }
    page
}

fn head(page: &mut String, report: &Report) {
    let service = &report.service;
    let trigger = report.trigger.replace('_', " ");
    let _ = writeln!(page, "# {}: {}\n", inline(&service.name), inline(&trigger));
    let _ = writeln!(page, "{}\n", inline(&report.detail));
    let lived = report.time.duration_since(service.started);
    let lived = duration(lived.unwrap_or_default());
    let rows = [
        ["when".to_owned(), time::text(report.time)],
        [
            "process".to_owned(),
            format!("{}, {lived} after its start", service.process_id),
        ],
        ["report".to_owned(), report.id.clone()],
    ];
    table(page, ["", ""], rows);
}

fn calls(page: &mut String, report: &Report) {
    let calls = &report.calls;
    for (title, rows) in [
        ("Slowest calls", &calls.slowest),
        ("Failed calls", &calls.failed),
    ] {
        if rows.is_empty() {
            continue;
        }
        let _ = write!(
            page,
            "\n## {title}\n\nOf the last {} calls.\n\n",
            calls.kept
        );
        let head = [
            "started", "call", "status", "outcome", "duration", "error", "trace",
        ];
        table(page, head, rows.iter().map(call));
    }
    if !calls.active.is_empty() {
        page.push_str("\n## Calls under way\n\n");
        let rows = calls.active.iter().map(|row| {
            [
                time::clock(row.time),
                named(&row.method, &row.route),
                duration(row.age(report.time)),
                row.trace_id.clone().unwrap_or_default(),
            ]
        });
        table(page, ["started", "call", "age", "trace"], rows);
    }
}

fn call(row: &CallRow) -> [String; 7] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        time::clock(row.time),
        named(&row.method, &row.route),
        text(&row.status),
        text(&row.outcome),
        format!("{:.3} s", row.duration),
        text(&row.error_type),
        text(&row.trace_id),
    ]
}

fn named(method: &str, route: &str) -> String {
    match route {
        "" => format!("{method} (no route)"),
        route => format!("{method} {route}"),
    }
}

fn changes(page: &mut String, report: &Report) {
    let rows = newest(&report.changes, MAX_CHANGES);
    if rows.is_empty() {
        return;
    }
    page.push_str("\n## Changes of state\n\n");
    let rows = rows.iter().map(|row| {
        let what = row.what.clone();
        [time::clock(row.time), what, row.state.clone()]
    });
    table(page, ["when", "what", "state"], rows);
}

fn logs(page: &mut String, report: &Report) {
    let rows = newest(&report.logs, MAX_LOGS);
    if rows.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "\n## Log\n\nThe last {} of {} records.\n\n",
        rows.len(),
        report.logs.len()
    );
    let mut lines = String::new();
    for row in rows {
        let when = time::clock(row.time);
        let _ = write!(
            lines,
            "{when} {:<5} {}: {}",
            row.severity, row.scope, row.body
        );
        if let StateTree::Fields(fields) = &row.attributes {
            for (key, value) in fields {
                let _ = write!(lines, " {key}={}", value.to_string().trim_end());
            }
        }
        if let Some(id) = &row.trace_id {
            let _ = write!(lines, " trace_id={id}");
        }
        lines.push('\n');
    }
    block(page, &lines);
}

/// Appends a tree: as text, in which nothing is markup.
fn tree(page: &mut String, tree: &StateTree) {
    match tree {
        StateTree::List(items) if items.is_empty() => page.push_str("None.\n"),
        StateTree::Fields(fields) if fields.is_empty() => page.push_str("None.\n"),
        StateTree::Unknown => page.push_str("Unknown.\n"),
        tree => block(page, &tree.to_string()),
    }
}

fn newest<T>(rows: &[T], max: usize) -> &[T] {
    &rows[rows.len().saturating_sub(max)..]
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

/// Returns a duration with the unit that a person would choose.
fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        0..=119 => format!("{:.1} s", duration.as_secs_f64()),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}
