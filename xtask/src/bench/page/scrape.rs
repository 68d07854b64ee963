//! The cost of a Prometheus scrape.

use std::fmt::Write as _;

use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::grouped;

const HEAD: &str = "
## Prometheus scrape

One rendering in the text format. A histogram has fourteen boundaries, which are seventeen lines.

| metrics | instructions | per series | allocations | bytes allocated |
|---|--:|--:|--:|--:|
";

/// Writes a row for each scenario.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(HEAD);
    for cost in costs.iter().filter(|cost| cost.name.starts_with("scrape/")) {
        let series = cost.name.rsplit('-').next().unwrap_or_default();
        let series: u64 = series.parse()?;
        writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            cost.about,
            grouped(cost.instructions),
            grouped(cost.instructions / series.max(1)),
            grouped(cost.allocations),
            grouped(cost.bytes),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn row_shows_cost_per_series() {
        let mut page = String::new();
        write(&mut page, &[cost("scrape/counters-100", "", 5000, 9)]).unwrap();
        assert!(
            page.contains("| about scrape/counters-100 | 5,000 | 50 | 9 | 900 |"),
            "{page}"
        );
    }
}
