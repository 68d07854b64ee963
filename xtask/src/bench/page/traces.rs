//! The cost of traces, compared with peers.

use std::fmt::Write as _;

use super::{find, instructions};
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::{added, grouped};

const HEAD: &str = "
## Traces

The same two services, with requests that have a `traceparent`. Instructions include all threads, so
that deferred work counts too. Allocations are those of the calling thread.

- *Filtered off*: spans are disabled, and no propagator of OpenTelemetry is set. gusset still reads the
  trace and propagates it.
- *Not sampled*: the client's `traceparent` is not sampled, and that decision is used.
- *Sampled*: spans go into a queue of 2048, and a thread discards batches of 512. The peers use the batch
  processor of the SDK with an exporter that discards, and gusset uses an equivalent sink.

gusset is the trace observer with a filtered `SpanLayer` as the only layer of `tracing-subscriber`.
Without the filter, every call is also a span of the registry. *No subscriber* is the trace observer with
a custom sink. The peers use the layer of tracing-opentelemetry and the W3C propagator.
opentelemetry-instrumentation-tower uses the tracer of the SDK instead of that layer. *To the cheapest*
is the ratio to the peer that adds the least in the same state.

The rows with OpenTelemetry's current context, a processor, an exporter and a tracer of the SDK are those of
gusset-opentelemetry; they have no subscriber either. Without that crate, calls are those of *no subscriber*.
";

const STATES: [(&str, &str); 3] = [
    ("off", "filtered off"),
    ("unsampled", "not sampled"),
    ("sampled", "sampled"),
];

/// Writes the section.
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
        "| state | layer | added instructions | to the cheapest | added allocations |"
    )?;
    writeln!(page, "|---|---|--:|--:|--:|")?;
    for (state, label) in STATES {
        let of_state = |cost: &&Cost| state_of(cost) == Some(state) && cost.baseline == bare.name;
        let mut cheapest = f64::INFINITY;
        for peer in costs.iter().filter(of_state).filter(|cost| !is_ours(cost)) {
            cheapest = cheapest.min(instructions(costs, peer)?);
        }
        for cost in costs.iter().filter(of_state) {
            writeln!(
                page,
                "| {label} | {} | {} | **{:.0} %** | {} |",
                cost.about,
                added(cost.instructions, bare.instructions),
                instructions(costs, cost)? / cheapest * 100.0,
                added(cost.allocations, bare.allocations),
            )?;
        }
    }
    Ok(())
}

/// Returns the state of a scenario: `sampled` for `axum/sampled/gusset`.
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
    fn rows_show_ratio_to_cheapest_peer() {
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
