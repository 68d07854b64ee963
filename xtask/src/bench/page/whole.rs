//! The cost of what a service uses.

use std::fmt::Write as _;

use super::find;
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::{added, grouped};

const HEAD: &str = "
## What a service uses

The layers of the façade with every part compiled in, as a service has them. `init` is `gusset::init` with
health: it also counts calls in flight and closes connections during a shutdown. Lines are JSON and are
discarded. Spans go through the batch queue of OTLP to a collector that discards them; its thread is not counted.
The five jobs are request id, line, metrics, sampled span and a closed circuit breaker on the route.
";

/// Writes the section.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(HEAD);
    for (bare, about) in [
        ("axum/bare", "an axum route"),
        ("svc/bare", "a plain service"),
    ] {
        let bare = find(costs, bare)?;
        writeln!(
            page,
            "\n| on {about}: {} | instructions | added | added allocations |",
            grouped(bare.instructions)
        )?;
        writeln!(page, "|---|--:|--:|--:|")?;
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
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn rows_are_below_their_bare_service() {
        let costs = [
            cost("axum/bare", "", 6000, 14),
            cost("axum/init", "axum/bare", 16_000, 24),
            cost("svc/bare", "", 1000, 3),
            cost("svc/breaker", "svc/bare", 1600, 3),
        ];
        let mut page = String::new();
        write(&mut page, &costs).unwrap();
        let axum = page
            .find("| about axum/init | 16,000 | 10,000 | 10 |")
            .unwrap();
        let svc = page
            .find("| about svc/breaker | 1,600 | 600 | 0 |")
            .unwrap();
        assert!(axum < page.find("on a plain service: 1,000").unwrap());
        assert!(axum < svc);
        assert!(write(&mut page, &costs[..2]).is_err(), "no bare service");
    }
}
