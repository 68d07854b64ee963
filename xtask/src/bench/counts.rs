//! The counts that a change must not raise, in `benches/counts.txt`.

use std::process::Command;

use super::baseline::{Baseline, Row};
use super::measure::{self, Cost};
use super::programs::OURS;
use super::text;
use crate::workspace::Workspace;
use crate::{Result, command};

/// What is compared. Each is the cost of something that users do; the others are on the page. Those with values that
/// clients choose are not here: their counts depend on the seeds of hashes.
const SCENARIOS: [&str; 24] = [
    "svc/chaos-disarmed",
    "svc/driver",
    "svc/three-observers",
    "svc/metrics-noop",
    "svc/metrics",
    "axum/driver",
    "axum/metrics",
    "axum/metrics-otlp",
    "axum/telemetry",
    "axum/telemetry-quiet",
    "axum/telemetry-no-response",
    "series/1000",
    "axum/three-observers",
    "axum/metrics-noop",
    "client/phases",
    "client/phases-metrics",
    "health/mounted",
    "health/in-flight",
    "health/connection-drain",
    "scrape/counters-1000",
    "scrape/histograms-1000",
    "probe/details-100",
    "otlp/queue",
    "visits/known",
];

/// The rise that fails, in percent of the accepted count.
const TOLERANCE: u64 = 2;

const FILE: &str = "benches/counts.txt";

/// Counts the scenarios and compares them with the accepted counts.
///
/// Another compiler counts differently, so then it compares nothing, and prints that.
pub(super) fn compare(workspace: &Workspace) -> Result<()> {
    let accepted = Baseline::read(&workspace.root.join(FILE))?;
    let compiler = compiler()?;
    if accepted.state != compiler {
        crate::steps::print_line(format_args!(
            "skipped: {FILE} was counted with `{}`, and this is `{compiler}`",
            accepted.state
        ));
        return Ok(());
    }
    let mut rises = rises(&accepted.rows, &rows(&measured(workspace)?));
    // A table may be filled unluckily, by the seeds of its hashes. A real rise is there again.
    for _ in 0..2 {
        if rises.is_empty() {
            break;
        }
        rises = self::rises(&accepted.rows, &rows(&measured(workspace)?));
    }
    if rises.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}. If that is worth it, run `cargo xtask accept` and say why in the commit",
        rises.join("; ")
    )
    .into())
}

/// Counts the scenarios and writes them as accepted.
pub(super) fn accept(workspace: &Workspace) -> Result<()> {
    let accepted = Baseline {
        state: compiler()?,
        rows: rows(&measured(workspace)?),
    };
    accepted.write(&workspace.root.join(FILE))
}

fn measured(workspace: &Workspace) -> Result<Vec<Cost>> {
    measure::costs_of(&OURS.folder(workspace), &SCENARIOS)
}

fn rows(costs: &[Cost]) -> Vec<Row> {
    Row::from_costs("calls", costs)
}

/// Returns what the counts depend on beside the code: the compiler, the platform, and the C library, which
/// allocates and copies.
fn compiler() -> Result<String> {
    let text = command::output(Command::new("rustc").arg("-vV"))?;
    let value = |key: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap_or_default()
    };
    let (release, host) = (value("release: "), value("host: "));
    let libc = command::output(Command::new("getconf").arg("GNU_LIBC_VERSION"));
    let libc = libc.unwrap_or_else(|_| "unknown C library".into());
    Ok(format!("rustc {release}, {host}, {}", libc.trim()))
}

/// Describes each count that is higher than the accepted one, and each scenario that has none.
fn rises(accepted: &[Row], counted: &[Row]) -> Vec<String> {
    let describe = |row: &Row| {
        let Some(before) = accepted.iter().find(|before| before.name == row.name) else {
            return Some(format!("{}: has no accepted count", row.name));
        };
        if row.instructions * 100 > before.instructions * (100 + TOLERANCE) {
            return Some(format!(
                "{}: {} instructions, accepted {} ({})",
                row.name,
                row.instructions,
                before.instructions,
                text::percent(before.instructions, row.instructions)
            ));
        }
        (row.allocations > before.allocations).then(|| {
            format!(
                "{}: {} allocations, accepted {}",
                row.name, row.allocations, before.allocations
            )
        })
    };
    counted.iter().filter_map(describe).collect()
}

#[cfg(test)]
mod tests {
    use super::super::page::cost;
    use super::*;

    fn counted(instructions: u64, allocations: u64) -> Vec<Row> {
        rows(&[cost("svc/driver", "svc/bare", instructions, allocations)])
    }

    #[test]
    fn rise_over_two_percent_fails() {
        let accepted = counted(1000, 3);
        for allowed in [counted(1020, 3), counted(900, 3), counted(1000, 2)] {
            assert_eq!(rises(&accepted, &allowed), Vec::<String>::new());
        }
        assert_eq!(
            rises(&accepted, &counted(1021, 3)),
            ["calls/svc/driver: 1021 instructions, accepted 1000 (+2.1 %)"]
        );
    }

    #[test]
    fn another_allocation_fails() {
        assert_eq!(
            rises(&counted(1000, 3), &counted(1000, 4)),
            ["calls/svc/driver: 4 allocations, accepted 3"]
        );
    }

    #[test]
    fn scenario_without_an_accepted_count_fails() {
        assert_eq!(
            rises(&[], &counted(1000, 3)),
            ["calls/svc/driver: has no accepted count"]
        );
    }
}
