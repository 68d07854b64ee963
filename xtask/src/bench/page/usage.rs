//! The cost of counting pages and visitors.

use std::fmt::Write as _;

use super::find;
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::{added, grouped};

const SECTION: &str = "
## Usage

`UsageObserver` of gusset-usage, as the only observer of a plain service. *Added* is what it adds to the driver with an observer that
does nothing. The request has a `User-Agent` of usual length, its route, and the address of its client as axum adds it.

| the call is of | instructions | added | added allocations |
|---|--:|--:|--:|
";

/// What the figures mean. The profile needs a reader, so it is changed manually.
const PROFILE: &str = "
The aim of 300 instructions is not met. Most of a call is what others own: the look-up of the `User-Agent` (109 instructions) and the hash of
its text (80), the look-up of the client's address (70) and of the route (60). What remains is the table of pages, two additions to the
counts of a group of threads, the reference to the shared state, and the table of the last five minutes' visitors.
";

/// Writes a table of calls by their clients.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(SECTION);
    let bare = find(costs, "visits/bare")?;
    for cost in costs.iter().filter(|cost| cost.baseline == bare.name) {
        writeln!(
            page,
            "| {} | {} | {} | {} |",
            cost.about,
            grouped(cost.instructions),
            added(cost.instructions, bare.instructions),
            added(cost.allocations, bare.allocations),
        )?;
    }
    page.push_str(PROFILE);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn calls_are_compared_with_the_driver() {
        let costs = [
            cost("visits/bare", "", 3000, 9),
            cost("visits/known", "visits/bare", 3600, 9),
        ];
        let mut page = String::new();
        write(&mut page, &costs).unwrap();
        assert!(
            page.contains("| about visits/known | 3,600 | 600 | 0 |"),
            "{page}"
        );
    }
}
