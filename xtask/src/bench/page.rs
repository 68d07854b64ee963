//! The page that is written of the figures.

use std::fmt::Write as _;

use super::measure::{Cost, Size};
use crate::Result;

const HEAD: &str = "\
# What a call costs

Written by `cargo xtask bench`; not edited by hand. `cargo xtask time` takes the time of the same
scenarios with criterion; it is not kept here, because it is another one on each machine and at each
hour. Instructions repeat to the last one on the same machine with the same compiler.
";

const CALLS: &str = "
## Calls

One call: the request is made, the service called, the response taken to the end of its body, all on
one thread and without waiting. After a warm-up, so everything that is made once is made. *Added* is
the difference to the same service without a layer; the warm-up and the loop are not counted.

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

const PAGES: &str = "
## The scrape page

One rendering, in text format, by `Page::render`. A histogram has fourteen boundaries: seventeen lines.

| page of | instructions | a series | allocations | bytes allocated |
|---|--:|--:|--:|--:|
";

/// The whole page.
pub(super) fn write(
    costs: &[Cost],
    sizes: &[Size],
    machine: &[(&'static str, String)],
) -> Result<String> {
    let mut page = HEAD.to_owned();
    writeln!(page, "\n| | |\n|---|---|")?;
    for (what, of) in machine {
        writeln!(page, "| {what} | {of} |")?;
    }
    page.push_str(CALLS);
    calls(&mut page, costs)?;
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
    page.push_str(PAGES);
    pages(&mut page, costs)?;
    Ok(page)
}

/// A table for each bare service.
fn calls(page: &mut String, costs: &[Cost]) -> Result<()> {
    for bare in costs {
        let over: Vec<&Cost> = costs.iter().filter(|cost| cost.over == bare.name).collect();
        if over.is_empty() {
            continue;
        }
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
            "| scenario | laid over it | bare | layered | added instructions | added allocations | added bytes |"
        )?;
        writeln!(page, "|---|---|--:|--:|--:|--:|--:|")?;
        for cost in over {
            writeln!(
                page,
                "| `{}` | {} | {} | {} | **{}** | {} | {} |",
                cost.name,
                cost.about,
                grouped(bare.instructions),
                grouped(cost.instructions),
                added(cost.instructions, bare.instructions),
                added(cost.allocations, bare.allocations),
                added(cost.bytes, bare.bytes),
            )?;
        }
    }
    Ok(())
}

fn pages(page: &mut String, costs: &[Cost]) -> Result<()> {
    for cost in costs.iter().filter(|cost| cost.name.starts_with("page/")) {
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

/// What is more, or less, with its sign.
fn added(layered: u64, bare: u64) -> String {
    if layered < bare {
        format!("−{}", grouped(bare - layered))
    } else {
        grouped(layered - bare)
    }
}

/// `12,345,678`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(name: &str, over: &str, instructions: u64, allocations: u64) -> Cost {
        Cost {
            name: name.into(),
            about: format!("about {name}"),
            over: over.into(),
            instructions,
            allocations,
            bytes: allocations * 100,
        }
    }

    #[test]
    fn a_layer_is_compared_with_the_service_below_it() {
        let costs = [
            cost("svc/bare", "", 1000, 6),
            cost("svc/metrics", "svc/bare", 2500, 6),
            cost("axum/bare", "", 6000, 13),
            cost("axum/pass", "axum/bare", 7100, 16),
        ];
        let page = write(&costs, &[], &[]).unwrap();
        assert!(
            page.contains(
                "| `svc/metrics` | about svc/metrics | 1,000 | 2,500 | **1,500** | 0 | 0 |"
            ),
            "{page}"
        );
        assert!(
            page.contains(
                "| `axum/pass` | about axum/pass | 6,000 | 7,100 | **1,100** | 3 | 300 |"
            ),
            "{page}"
        );
    }

    #[test]
    fn a_page_is_told_by_its_series_too() {
        let page = write(&[cost("page/counters-100", "", 5000, 9)], &[], &[]).unwrap();
        assert!(
            page.contains("| about page/counters-100 | 5,000 | 50 | 9 | 900 |"),
            "{page}"
        );
    }

    #[test]
    fn what_costs_less_says_so() {
        assert_eq!(added(5, 7), "−2");
        assert_eq!(added(7, 5), "2");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
    }
}
