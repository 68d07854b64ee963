//! The cost of the phases of a client's calls.

use super::added_rows;
use crate::Result;
use crate::bench::measure::Cost;

const SECTION: &str = "
## Client

A call of hyper-util's client on a connection that is used again, on a runtime of one thread. The connection answers at once,
from memory. *Added* is what gusset-client adds: connector, layer, both bodies, and the times as an extension of the response.

| with | instructions | added | added allocations |
|---|--:|--:|--:|
";

const PROFILE: &str = "
The aim of 600 instructions is not met. Where they are, in the profile of callgrind without metrics: 700 to copy request,
response and futures, which the wrapped bodies make longer, and which hyper-util moves some 25 times; 330 for four readings of
the clock; 300 for the extension of the response, which hyper-util copies for each of them; 240 to count references to
the times of the call, which future and bodies share; the rest are the polls. Metrics are four histograms and a counter.
";

/// Writes a table of calls.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(SECTION);
    added_rows(page, costs, "client/bare")?;
    page.push_str(PROFILE);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn row_has_what_is_added() {
        let costs = [
            cost("client/bare", "", 20_000, 9),
            cost("client/phases", "client/bare", 20_600, 10),
        ];
        let mut page = String::new();
        write(&mut page, &costs).unwrap();
        assert!(
            page.contains("| about client/phases | 20,600 | 600 | 1 |"),
            "{page}"
        );
    }
}
