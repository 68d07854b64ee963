//! What every part of ours costs.

use std::fmt::Write as _;

use super::find;
use crate::Result;
use crate::bench::measure::{Cost, Size};
use crate::bench::text::{added, grouped};

const CALLS: &str = "
## Calls

Where the costs of ours come from. One call: the request is made, the service called, the response
taken to the end of its body, all on one thread and without waiting. After a warm-up, so everything
that is made once is made. *Added* is the difference to the same service without a layer; the warm-up
and the loop are not counted.

- `svc` is a plain Tower service that answers at once with twelve bytes; the request bears its route.
- `axum` is a router with the route `/items/{id}`, cloned for each request as `axum::serve` does, the
  layer put on by `Router::layer`. axum boxes the service, the future and the body of every layer: *a
  layer that does nothing* is the price that no layer can avoid.
- *Metrics written by hand* records the same histograms and the same gauge, for one series known
  beforehand, and takes no care of how a call ends.

A clock read counts as the call of `clock_gettime`; what it does inside is the system's.
";

const SIZES: &str = "
## Sizes

Bytes that a layer adds while a call lasts.

| laid over the service | its call | with the track | future | body |
|---|--:|--:|--:|--:|
";

/// A table for each service.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(CALLS);
    for bare in ["svc/bare", "axum/bare"] {
        table(page, costs, find(costs, bare)?)?;
    }
    Ok(())
}

/// The sizes of a call.
pub(super) fn sizes(page: &mut String, sizes: &[Size]) -> Result<()> {
    page.push_str(SIZES);
    for Size {
        about,
        call,
        track,
        future,
        body,
    } in sizes
    {
        writeln!(page, "| {about} | {call} | {track} | {future} | {body} |")?;
    }
    Ok(())
}

fn table(page: &mut String, costs: &[Cost], bare: &Cost) -> Result<()> {
    writeln!(
        page,
        "\n`{}`: {} instructions, {} allocations, {} bytes.\n",
        bare.name,
        grouped(bare.instructions),
        bare.allocations,
        grouped(bare.bytes),
    )?;
    writeln!(
        page,
        "| scenario | laid over it | instructions | added instructions | added allocations | added bytes |"
    )?;
    writeln!(page, "|---|---|--:|--:|--:|--:|")?;
    for cost in costs.iter().filter(|cost| cost.over == bare.name) {
        writeln!(
            page,
            "| `{}` | {} | {} | **{}** | {} | {} |",
            cost.name,
            cost.about,
            grouped(cost.instructions),
            added(cost.instructions, bare.instructions),
            added(cost.allocations, bare.allocations),
            added(cost.bytes, bare.bytes),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn a_layer_is_compared_with_the_service_below_it() {
        let costs = [
            cost("svc/bare", "", 1000, 6),
            cost("svc/metrics", "svc/bare", 2500, 6),
            cost("axum/bare", "", 6000, 13),
            cost("axum/pass", "axum/bare", 7100, 16),
        ];
        let mut page = String::new();
        write(&mut page, &costs).unwrap();
        assert!(
            page.contains("| `svc/metrics` | about svc/metrics | 2,500 | **1,500** | 0 | 0 |"),
            "{page}"
        );
        assert!(
            page.contains("| `axum/pass` | about axum/pass | 7,100 | **1,100** | 3 | 300 |"),
            "{page}"
        );
    }
}
