//! What the road to a collector costs where a request passes.

use std::fmt::Write as _;

use super::instructions;
use crate::Result;
use crate::bench::measure::Cost;

const HEAD: &str = "
## The road to a collector

What is added to a span that has ended, with eight attributes, by giving it away. What becomes of it
afterwards is another thread's work; `export 10000 2000 5`, of the benchmarks, exports so many spans and
series five times over a socket of the same machine, and tells what it took.

| a span | added instructions | added allocations |
|---|--:|--:|
";

/// A row for each way that it ends.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(HEAD);
    let road = costs.iter().filter(|cost| cost.name.starts_with("otlp/"));
    for cost in road.filter(|cost| !cost.over.is_empty()) {
        let bare = super::find(costs, &cost.over)?;
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
    fn what_is_told_is_what_is_added() {
        let costs = [
            cost("otlp/bare", "", 800, 1),
            cost("otlp/push", "otlp/bare", 955, 1),
        ];
        let mut page = String::new();
        write(&mut page, &costs).unwrap();
        assert!(page.contains("| about otlp/push | +155 | +0 |"), "{page}");
        assert!(!page.contains("about otlp/bare"), "{page}");
    }
}
