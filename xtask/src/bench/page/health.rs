//! The cost of health probes.

use std::fmt::Write as _;

use super::added_rows;
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::grouped;

const PROBES: &str = "
## Health

One response of a probe, from memory. The public response contains only pass or fail.

| response | instructions | allocations | bytes allocated |
|---|--:|--:|--:|
";

const CALLS: &str = "
A call of the router above, with different parts of gusset-health. The probes are other routes of the
router, so they only add to its lookup. Counting the calls in progress adds one observer to an existing
layer. Closing connections is a separate layer: compare it with a layer that does nothing.

| with | instructions | added | allocations |
|---|--:|--:|--:|
";

/// Writes a table of probe responses and a table of calls.
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
    added_rows(page, costs, "health/bare")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn probes_and_calls_have_separate_tables() {
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
