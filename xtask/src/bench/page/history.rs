//! The cost of a reading of the history.

use std::fmt::Write as _;

use super::find;
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::{added, grouped};

const HEAD: &str = "
## History

One reading, each 10 s by default, on a thread of its own: the path of a request is not concerned. *Added* is what
the history adds to the metrics of the registry, which every reader needs. The last row is an answer.

| operation | instructions | added | added allocations |
|---|--:|--:|--:|
";

/// Writes a row for each scenario.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(HEAD);
    for cost in costs
        .iter()
        .filter(|cost| cost.name.starts_with("history/"))
    {
        let (instructions, allocations) = match cost.baseline.as_str() {
            "" => (String::new(), String::new()),
            baseline => {
                let baseline = find(costs, baseline)?;
                (
                    added(cost.instructions, baseline.instructions),
                    added(cost.allocations, baseline.allocations),
                )
            }
        };
        writeln!(
            page,
            "| {} | {} | {instructions} | {allocations} |",
            cost.about,
            grouped(cost.instructions),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn row_shows_what_the_history_adds() {
        let costs = [
            cost("history/metrics-10000", "", 5000, 9),
            cost("history/busy-10000", "history/metrics-10000", 7000, 12),
        ];
        let mut page = String::new();
        write(&mut page, &costs).unwrap();
        for row in [
            "| about history/metrics-10000 | 5,000 |  |  |",
            "| about history/busy-10000 | 7,000 | 2,000 | 3 |",
        ] {
            assert!(page.contains(row), "{page}");
        }
    }
}
