//! The cost of log entries, compared with other crates.

use std::fmt::Write as _;

use super::{find, instructions};
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::{added, grouped, ratio};

const HEAD: &str = "
## Log entries

All subjects write JSON that is discarded. A test checks that each one writes before it is measured. On
the axum route, gusset is `AccessLog` and `LogLayer` with their defaults. The others are tower-http's
`TraceLayer` with a span and one entry per response at `INFO`. The entry of gusset is written at the end
of the body, and adds the route, bytes, outcome and two durations. The others write theirs at the
response headers.
";

const EVENTS: &str = "
An event of the service with a message and three fields: outside of any span, in a new span with two
fields, and with a level that is disabled.
";

/// Writes the section.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(HEAD);
    let ours = instructions(costs, find(costs, "axum/gusset")?)?;
    let bare = find(costs, "axum/bare")?;
    writeln!(
        page,
        "\n| over `axum/bare` | added instructions | to gusset | added allocations |"
    )?;
    writeln!(page, "|---|--:|--:|--:|")?;
    for cost in costs.iter().filter(|cost| !cost.baseline.is_empty()) {
        writeln!(
            page,
            "| {} | {} | **{}** | {} |",
            cost.about,
            added(cost.instructions, bare.instructions),
            ratio(instructions(costs, cost)?, ours),
            added(cost.allocations, bare.allocations),
        )?;
    }
    page.push_str(EVENTS);
    writeln!(
        page,
        "\n| event | by | instructions | to gusset | allocations |"
    )?;
    writeln!(page, "|---|---|--:|--:|--:|")?;
    for (kind, about) in [
        ("event", "alone"),
        ("span", "in a span"),
        ("off", "disabled level"),
    ] {
        let ours = find(costs, &format!("{kind}/gusset"))?.instructions;
        let prefix = format!("{kind}/");
        for cost in costs.iter().filter(|cost| cost.name.starts_with(&prefix)) {
            writeln!(
                page,
                "| {about} | {} | {} | **{}** | {} |",
                cost.about,
                grouped(cost.instructions),
                ratio(cost.instructions as f64, ours as f64),
                cost.allocations,
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn entry_row_shows_ratio_to_gusset() {
        let costs = [
            cost("axum/bare", "", 6000, 14),
            cost("axum/gusset", "axum/bare", 11_000, 18),
            cost("axum/trace", "axum/bare", 56_000, 44),
            cost("event/gusset", "", 2000, 0),
            cost("event/fmt", "", 13_000, 3),
            cost("span/gusset", "", 7000, 7),
            cost("off/gusset", "", 15, 0),
        ];
        let mut page = String::new();
        write(&mut page, &costs).unwrap();
        for row in [
            "| about axum/gusset | 5,000 | **1.0×** | 4 |",
            "| about axum/trace | 50,000 | **10.0×** | 30 |",
            "| alone | about event/fmt | 13,000 | **6.5×** | 3 |",
        ] {
            assert!(page.contains(row), "{row} is not in\n{page}");
        }
    }
}
