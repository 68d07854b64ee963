//! The cost with more series, unknown routes and threads.

use std::fmt::Write as _;

use super::{find, instructions};
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::{added, grouped};
use crate::bench::times::Time;

const SERIES: &str = "
## Scale

The metrics of a plain service with the Prometheus exporter.

**Series.** Each call uses the next of N routes, all of which were called before: N series exist, and
consecutive calls never use the same one.

| series | added instructions | to 10 series | added allocations | added bytes |
|---|--:|--:|--:|--:|
";

const UNKNOWN_VALUES: &str = "
**Untrusted clients.** The limit of 2,000 series is reached, and each call has a value that no earlier
call had. The cost of creating such a request is not counted, because the bare service has it too.

| each call has | added instructions | to a call of a known route | added allocations | added bytes |
|---|--:|--:|--:|--:|
";

const THREADS: &str = "
**Threads.** One layer and one series, called by one thread and by two threads at the same time, each on
its own processor. Nanoseconds per call of one thread, medians of the rounds of one run. *Added* is the
difference to the bare service in the same round. Without contention, a call would take as long as with
one thread. It takes longer, because both threads write to the same memory. The cost depends on the
machine. *Compared with peers* has the same figures for the peers.

| scenario | one thread | added | two threads | added | added by two to one |
|---|--:|--:|--:|--:|--:|
";

/// Writes the section.
pub(super) fn write(page: &mut String, costs: &[Cost], threads: &[Time]) -> Result<()> {
    page.push_str(SERIES);
    rows(page, costs, "series/", find(costs, "series/10")?)?;
    page.push_str(UNKNOWN_VALUES);
    rows(page, costs, "unknown/", find(costs, "svc/metrics")?)?;
    page.push_str(THREADS);
    for Time { name, all, added } in threads {
        let [one, two] = all;
        let [added_by_one, added_by_two] = added;
        let ratio = if *added_by_one > 0.0 {
            format!("{:.2}", added_by_two / added_by_one)
        } else {
            "–".into()
        };
        writeln!(
            page,
            "| `{name}` | {one:.0} | {added_by_one:.0} | {two:.0} | {added_by_two:.0} | {ratio} |"
        )?;
    }
    Ok(())
}

/// Writes a row for each layer, with its ratio to the scenario `with`.
fn rows(page: &mut String, costs: &[Cost], prefix: &str, with: &Cost) -> Result<()> {
    let with = instructions(costs, with)?;
    let layered = |cost: &&Cost| cost.name.starts_with(prefix) && !cost.baseline.is_empty();
    for cost in costs.iter().filter(layered) {
        let bare = find(costs, &cost.baseline)?;
        writeln!(
            page,
            "| {} | **{}** | {:.2} | {} | {} |",
            cost.about,
            added(cost.instructions, bare.instructions),
            instructions(costs, cost)? / with,
            added(cost.allocations, bare.allocations),
            grouped(cost.bytes.saturating_sub(bare.bytes)),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn rows_show_ratio_to_smaller_scenario() {
        let costs = [
            cost("svc/bare", "", 1000, 3),
            cost("svc/metrics", "svc/bare", 3000, 3),
            cost("series/bare", "", 1000, 3),
            cost("series/10", "series/bare", 2000, 3),
            cost("series/2000", "series/bare", 2500, 3),
            cost("unknown/path-bare", "", 1500, 5),
            cost("unknown/path", "unknown/path-bare", 3700, 6),
        ];
        let time = Time {
            name: "svc/metrics".into(),
            all: [300.4, 330.0],
            added: [200.0, 250.0],
        };
        let mut page = String::new();
        write(&mut page, &costs, &[time]).unwrap();
        for row in [
            "| about series/2000 | **1,500** | 1.50 | 0 | 0 |",
            "| about unknown/path | **2,200** | 1.10 | 1 | 100 |",
            "| `svc/metrics` | 300 | 200 | 330 | 250 | 1.25 |",
        ] {
            assert!(page.contains(row), "{page}");
        }
        assert!(!page.contains("path-bare"), "{page}");
    }
}
