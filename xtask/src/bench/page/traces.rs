//! Traces beside those of their peers.

use std::fmt::Write as _;

use super::{find, instructions};
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::{added, grouped};

const HEAD: &str = "
## Traces

The same two services, with requests that bear a `traceparent`. Instructions are those of all threads,
so that what is put off counts too; allocations are the call's own.

- *filtered off*: nobody wants spans, and no propagator of OpenTelemetry's is set; gusset reads the trace and
  sends it on all the same;
- *not sampled*: the caller says so, and the decision is the caller's;
- *sampled*: spans go into a queue of 2048, whose batches of 512 a thread throws away: the SDK's batch
  processor with an exporter that discards, and the same written for our sink.

gusset is `Trace` with `SpanLayer::filtered` as the only layer of `tracing-subscriber`; without its filter
every call is a span of the registry too. *No subscriber* is `Trace` with a sink of its own. The peers have
the layer of tracing-opentelemetry, or, as opentelemetry-instrumentation-tower, the SDK's tracer, and the
W3C propagator. *To the cheapest* is the share of what the cheapest peer adds in the same state.
";

const STATES: [(&str, &str); 3] = [
    ("off", "filtered off"),
    ("unsampled", "not sampled"),
    ("sampled", "sampled"),
];

/// The section.
pub(super) fn write(page: &mut String, costs: &[Cost]) -> Result<()> {
    page.push_str(HEAD);
    for bare in ["svc/bare", "axum/bare"] {
        table(page, costs, find(costs, bare)?)?;
    }
    Ok(())
}

fn table(page: &mut String, costs: &[Cost], bare: &Cost) -> Result<()> {
    writeln!(
        page,
        "\n`{}`: {} instructions, {} allocations.\n",
        bare.name,
        grouped(bare.instructions),
        bare.allocations
    )?;
    writeln!(
        page,
        "| state | laid over it | added instructions | to the cheapest | added allocations |"
    )?;
    writeln!(page, "|---|---|--:|--:|--:|")?;
    for (state, called) in STATES {
        let of_state = |cost: &&Cost| state_of(cost) == Some(state) && cost.over == bare.name;
        let mut cheapest = f64::INFINITY;
        for peer in costs.iter().filter(of_state).filter(|cost| !is_ours(cost)) {
            cheapest = cheapest.min(instructions(costs, peer)?);
        }
        for cost in costs.iter().filter(of_state) {
            writeln!(
                page,
                "| {called} | {} | {} | **{:.0} %** | {} |",
                cost.about,
                added(cost.instructions, bare.instructions),
                instructions(costs, cost)? / cheapest * 100.0,
                added(cost.allocations, bare.allocations),
            )?;
        }
    }
    Ok(())
}

/// `sampled` of `axum/sampled/gusset`.
fn state_of(cost: &Cost) -> Option<&str> {
    let mut parts = cost.name.split('/').skip(1);
    let state = parts.next()?;
    parts.next().is_some().then_some(state)
}

fn is_ours(cost: &Cost) -> bool {
    cost.name
        .rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with("gusset"))
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;

    #[test]
    fn ours_is_told_as_a_share_of_the_cheapest_in_the_same_state() {
        let costs = [
            cost("svc/bare", "", 1000, 6),
            cost("axum/bare", "", 6000, 14),
            cost("axum/pass", "axum/bare", 7000, 17),
            cost("axum/sampled/gusset", "axum/bare", 9000, 17),
            cost("axum/sampled/dear", "axum/bare", 26_000, 50),
            cost("axum/sampled/cheap", "axum/bare", 16_000, 40),
            cost("axum/unsampled/cheap", "axum/bare", 7000, 15),
        ];
        let mut page = String::new();
        write(&mut page, &costs).unwrap();
        for row in [
            "| sampled | about axum/sampled/gusset | 3,000 | **30 %** | 3 |",
            "| sampled | about axum/sampled/dear | 20,000 | **200 %** | 36 |",
        ] {
            assert!(page.contains(row), "{row} is not in\n{page}");
        }
    }
}
