//! The cost of OTLP export on the request path.

use std::fmt::Write as _;

use super::instructions;
use crate::Result;
use crate::bench::measure::Cost;

const HEAD: &str = "
## OTLP export

The cost of queueing a finished span with eight attributes. The export itself runs on another thread.
The benchmark program `export 10000 2000 5` exports 10,000 spans and 2,000 series five times over a
local socket, and prints the time and the allocations.

| a span | added instructions | added allocations |
|---|--:|--:|
";

/// Writes a row for each outcome of the queue.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(HEAD);
    let export = costs.iter().filter(|cost| cost.name.starts_with("otlp/"));
    for cost in export.filter(|cost| !cost.baseline.is_empty()) {
        let bare = super::find(costs, &cost.baseline)?;
        writeln!(
            page,
            "| {} | {:+.0} | {:+} |",
            cost.about,
            instructions(costs, cost)?,
            cost.allocations as i64 - bare.allocations as i64,
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn only_added_costs_are_listed() {
        let costs = [
            cost("otlp/bare", "", 800, 1),
            cost("otlp/queue", "otlp/bare", 955, 1),
        ];
        let mut page = String::new();
        write(&mut page, &costs).unwrap();
        assert!(page.contains("| about otlp/queue | +155 | +0 |"), "{page}");
        assert!(!page.contains("about otlp/bare"), "{page}");
    }
}
