//! The last minute of a report: calls by five seconds, and what was read of the system.

use std::time::{Duration, SystemTime};

use super::super::{Report, time};
use super::chart::chart;
use super::text::table;
use crate::{CallTotals, Readings};

const STEPS: u32 = 12;
const STEP: Duration = Duration::from_secs(5);

/// The readings of a chart: ten minutes at the usual interval.
const MAX_READINGS: usize = 60;

/// Appends the table of the last minute, and the charts.
pub(super) fn append(page: &mut String, report: &Report) {
    let steps = steps(report);
    page.push_str("\n## The last minute\n\n");
    if report.totals.is_empty() {
        page.push_str("No call ended.\n");
    } else {
        let rows = steps.iter().map(|(end, totals)| {
            [
                time::clock(*end)[..8].to_owned(),
                totals.calls.to_string(),
                totals.errors.to_string(),
                totals.cancelled.to_string(),
                format!("{:.3} s", totals.slowest.as_secs_f64()),
            ]
        });
        table(
            page,
            ["until", "calls", "errors", "cancelled", "slowest"],
            rows,
        );
        let values = |value: fn(&CallTotals) -> f64| {
            let values = steps.iter().map(|(_, totals)| Some(value(totals)));
            values.collect::<Vec<_>>()
        };
        #[expect(clippy::cast_precision_loss, reason = "a chart has eight heights")]
        let (calls, errors) = (values(|it| it.calls as f64), values(|it| it.errors as f64));
        page.push_str("\n```text\n");
        line(page, "calls", &calls, |it| format!("{it:.0}"));
        line(page, "errors", &errors, |it| format!("{it:.0}"));
        let slowest = values(|it| it.slowest.as_secs_f64());
        line(page, "slowest", &slowest, |it| format!("{it:.3} s"));
        page.push_str("```\n");
    }
    if !report.readings.is_empty() {
        append_readings(page, report);
    }
}

fn append_readings(page: &mut String, report: &Report) {
    let from = report.readings.len().saturating_sub(MAX_READINGS);
    let rows = &report.readings[from..];
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return;
    };
    page.push_str("\n## The system\n\n");
    page.push_str(&format!(
        "{} readings from {} to {}: the last value, and the greatest of each.\n\n```text\n",
        rows.len(),
        time::clock(first.time),
        time::clock(last.time)
    ));
    let percent: fn(f64) -> String = |it| format!("{:.1} %", 100.0 * it);
    let plain: fn(f64) -> String = |it| {
        let text = format!("{it:.2}");
        text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
    };
    for (name, unit) in [
        ("cpu", plain),
        ("psi_cpu", percent),
        ("throttled", percent),
        ("load", plain),
        ("mem", mebibytes),
        ("rss", mebibytes),
        ("psi_mem", percent),
        ("psi_io", percent),
        ("fds", plain),
        ("threads", plain),
        ("tasks", plain),
        ("busy", percent),
        ("calls", plain),
        ("oom", plain),
        ("host_oom", plain),
    ] {
        let values: Vec<_> = rows.iter().map(|row| value(&row.values, name)).collect();
        line(page, title(name), &values, unit);
    }
    let limits = [
        ("cpus", "CPUs", plain),
        ("limit", "memory", mebibytes),
        ("max_fds", "files", plain),
    ];
    let limits = limits.iter().filter_map(|(name, title, unit)| {
        let limit = value(&last.values, name)?;
        Some(format!("{title} {}", unit(limit)))
    });
    let limits: Vec<_> = limits.collect();
    if !limits.is_empty() {
        page.push_str(&format!("limits: {}\n", limits.join(", ")));
    }
    page.push_str("```\n");
}

fn title(name: &str) -> &str {
    match name {
        "cpu" => "CPUs used",
        "psi_cpu" => "waiting for CPU",
        "throttled" => "throttled",
        "load" => "load",
        "mem" => "memory",
        "rss" => "resident",
        "psi_mem" => "waiting for memory",
        "psi_io" => "waiting for disk",
        "fds" => "open files",
        "busy" => "workers busy",
        "calls" => "calls in flight",
        "oom" => "OOM kills, cgroup",
        "host_oom" => "OOM kills, host",
        name => name,
    }
}

fn value(readings: &Readings, name: &str) -> Option<f64> {
    let mut values = readings.values().into_iter();
    values.find(|(it, _)| *it == name)?.1
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.0} MiB", bytes / f64::from(1 << 20))
}

/// Appends a chart with its last and its greatest value. One of which nothing is known is left out.
fn line(page: &mut String, title: &str, values: &[Option<f64>], unit: impl Fn(f64) -> String) {
    let greatest = values.iter().flatten().copied().reduce(f64::max);
    let (Some(greatest), Some(last)) = (greatest, values.iter().rev().flatten().next()) else {
        return;
    };
    let (last, greatest) = (unit(*last), unit(greatest));
    page.push_str(&format!(
        "{title:<18} {} {last} (greatest {greatest})\n",
        chart(values)
    ));
}

/// Returns the totals of each five seconds of the minute before the report.
fn steps(report: &Report) -> Vec<(SystemTime, CallTotals)> {
    let step = |number: u32| {
        let end = report.time - STEP * number;
        let is_in = |time: SystemTime| time <= end && end - STEP < time;
        let rows = report.totals.iter().filter(|row| is_in(row.time));
        let totals = rows.map(|row| CallTotals {
            calls: row.calls,
            errors: row.errors,
            cancelled: row.cancelled,
            slowest: Duration::try_from_secs_f64(row.slowest).unwrap_or_default(),
        });
        (end, totals.fold(CallTotals::default(), CallTotals::merge))
    };
    (0..STEPS).rev().map(step).collect()
}
