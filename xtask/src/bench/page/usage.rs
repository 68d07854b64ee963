//! The cost of counting pages and visitors.

use super::added_rows;
use crate::Result;
use crate::bench::measure::Cost;

const SECTION: &str = "
## Usage

`UsageObserver` of gusset-usage, as the only observer of a plain service. *Added* is what it adds to the driver with an observer that
does nothing. The request has a `User-Agent` of usual length, its route, and the address of its client as axum adds it.

| the call is of | instructions | added | added allocations |
|---|--:|--:|--:|
";

/// What the figures mean. The profile needs a reader, so it is changed manually.
const PROFILE: &str = "
The first call of any visitor in five minutes costs as much as that of a new one. The aim of 300 instructions is not met. Where those of a known visitor
are, in the profile of callgrind:

| instructions | what it does |
|--:|---|
| 109 | the `User-Agent` is looked up in the headers |
| 67 | its text is hashed, for the table of verdicts |
| 97 | the address of the client is looked up in the extensions |
| 367 | the route is looked up in the extensions of request and response, and in the table of pages; two additions to the counts of a group of threads; the table of recent visitors; the reference to what is shared |

Without an answer for the `User-Agent`, bots would be visitors, and it may differ in each call of an address.
";

/// Writes a table of calls by their clients.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(SECTION);
    added_rows(page, costs, "visits/bare")?;
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
