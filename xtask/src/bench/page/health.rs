//! What health costs.

use std::fmt::Write as _;

use super::find;
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::{added, grouped};

const PROBES: &str = "
## Health

One answer of a probe, from memory; what is public says pass or fail.

| answer | instructions | allocations | bytes allocated |
|---|--:|--:|--:|
";

const CALLS: &str = "
A call of the router above, by what of health it has. The probes are other routes of the router, so
what they add is its search. The calls under way are one observer more in a layer that is there. The
layer that closes connections is one of its own: to be held against one that does nothing.

| with | instructions | added | allocations |
|---|--:|--:|--:|
";

/// A table of answers, and one of calls.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(PROBES);
    let probes = costs.iter().filter(|cost| cost.name.starts_with("probe/"));
    for cost in probes {
        writeln!(
            page,
            "| {} | {} | {} | {} |",
            cost.about,
            grouped(cost.instructions),
            grouped(cost.allocations),
            grouped(cost.bytes),
        )?;
    }
    page.push_str(CALLS);
    let bare = find(costs, "health/bare")?;
    for cost in costs.iter().filter(|cost| cost.over == bare.name) {
        writeln!(
            page,
            "| {} | {} | {} | {} |",
            cost.about,
            grouped(cost.instructions),
            added(cost.instructions, bare.instructions),
            added(cost.allocations, bare.allocations),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn answers_and_calls_are_told_apart() {
        let costs = [
            cost("probe/livez", "", 900, 1),
            cost("health/bare", "", 5000, 9),
            cost("health/mounted", "health/bare", 5004, 9),
        ];
        let mut page = String::new();
        write(&mut page, &costs).unwrap();
        assert!(
            page.contains("| about probe/livez | 900 | 1 | 100 |"),
            "{page}"
        );
        assert!(
            page.contains("| about health/mounted | 5,004 | 4 | 0 |"),
            "{page}"
        );
    }
}
