//! The cost of each part of gusset.

use std::fmt::Write as _;

use super::find;
use crate::Result;
use crate::bench::measure::{Cost, Size};
use crate::bench::text::{added, grouped};

const CALLS: &str = "
## Calls

The cost of each part of gusset. One call creates the request, calls the service and reads the response
body to its end, on one thread and without waiting. A warm-up runs before, so that one-time setup is
done. *Added* is the difference to the same service without a layer. The warm-up and the loop are not
counted.

- `svc` is a plain Tower service that responds immediately with twelve bytes. The request has its route
  as an extension.
- `axum` is a router with the route `/items/{id}`, cloned for each request as `axum::serve` does. The
  layer is added with `Router::layer`. axum boxes the service, the future and the body of every layer:
  *a layer that does nothing* is the cost that every layer has.
- *Manual metrics* record the same histograms and the same gauge for one fixed series, without any
  handling of errors, drops or panics.

A clock read counts as the call of `clock_gettime`, without the work inside of it.
";

const SIZES: &str = "
## Sizes

Bytes that a layer adds to a call in progress.

| layer | its call | with the call tracker | future | body |
|---|--:|--:|--:|--:|
";

/// Writes a table for each service.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(CALLS);
    for bare in ["svc/bare", "axum/bare"] {
        table(page, costs, find(costs, bare)?)?;
    }
    Ok(())
}

/// Writes the table of sizes.
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
        "| scenario | layer | instructions | added instructions | added allocations | added bytes |"
    )?;
    writeln!(page, "|---|---|--:|--:|--:|--:|")?;
    for cost in costs.iter().filter(|cost| cost.baseline == bare.name) {
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
    fn layer_is_compared_with_bare_service() {
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
