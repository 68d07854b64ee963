//! The comparison of gusset with its peers.

use std::fmt::Write as _;

use super::{find, instructions};
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::{added, grouped, ratio};
use crate::bench::times::{Pair, ours};

const HEAD: &str = "
## Compared with peers

The same two services as below, in one program, with one layer at a time. The response body is read to
its end. A test checks that every peer records before it is measured:

- gusset is `HttpMetrics` with the Prometheus exporter and its defaults.
- axum-prometheus records in the global recorder that `PrometheusMetricLayer::pair` installs.
- axum-otel-metrics, opentelemetry-instrumentation-tower and tower-otel record with a meter provider of
  the OpenTelemetry SDK, in the version that each depends on. Its reader is never collected.
- opentelemetry-instrumentation-tower also creates spans by default. No tracer provider is set, so the
  spans are discarded.
- `TraceLayer` records no metrics. It is listed because most services use it: once without a
  subscriber, and once with a subscriber that formats its `DEBUG` events as text and discards them.

The layers do not all do the same work. gusset follows the response to the end of its body, counts its
bytes and classifies its outcome. The durations of the peers end at the response headers. On the plain
service, only axum-prometheus finds a route (it uses the path). The others read the route from axum, so
they do less work there. axum itself adds a cost for any layer, including the allocations in the row of
gusset: see *a layer that does nothing* under *Calls*.

`record` is one value of a histogram with eight labels, whose handle is kept, without a call. gusset is its
`Registry`. *Bound* rows have the feature `bound-instruments`, experimental in OpenTelemetry.
";

const TIMES: &str = "
Time in nanoseconds per call. Each peer, gusset and the bare service took turns in one process.
*Added* is the difference to the bare service in the same round. With two threads, both call the same
layer at the same time, each on its own processor. The cost of two processors that write to the same
memory depends on the machine, and varies over time on a virtual one: compare only within a row.
";

/// Writes the section.
pub(super) fn write(page: &mut String, costs: &[Cost], pairs: &[Pair]) -> Result<()> {
    page.push_str(HEAD);
    writeln!(page)?;
    summary(page, costs, pairs)?;
    for bare in costs.iter().filter(|cost| cost.baseline.is_empty()) {
        counted(page, costs, bare)?;
    }
    page.push_str(TIMES);
    for bare in costs.iter().filter(|cost| cost.baseline.is_empty()) {
        timed(page, costs, pairs, bare)?;
    }
    Ok(())
}

/// Writes one sentence for each peer, with its ratios to gusset.
fn summary(page: &mut String, costs: &[Cost], pairs: &[Pair]) -> Result<()> {
    for cost in costs.iter().filter(|cost| is_peer(cost)) {
        let service = match cost.baseline.split('/').next() {
            Some("axum") => "an axum route",
            Some("record") => "one record",
            _ => "a plain service",
        };
        let pair = pair(pairs, cost)?;
        writeln!(
            page,
            "- On {service}, {} adds **{}** the instructions that gusset adds, and {} the time.",
            cost.about,
            ratio_of_instructions(costs, cost)?,
            ratio(pair.theirs.added[0], pair.ours.added[0]),
        )?;
    }
    Ok(())
}

fn counted(page: &mut String, costs: &[Cost], bare: &Cost) -> Result<()> {
    writeln!(
        page,
        "\n`{}`: {} instructions, {} allocations, {} bytes.\n",
        bare.name,
        grouped(bare.instructions),
        bare.allocations,
        grouped(bare.bytes)
    )?;
    writeln!(
        page,
        "| layer | added instructions | to gusset | added allocations | added bytes |"
    )?;
    writeln!(page, "|---|--:|--:|--:|--:|")?;
    for cost in costs.iter().filter(|cost| cost.baseline == bare.name) {
        writeln!(
            page,
            "| {} | {} | **{}** | {} | {} |",
            cost.about,
            added(cost.instructions, bare.instructions),
            ratio_of_instructions(costs, cost)?,
            added(cost.allocations, bare.allocations),
            added(cost.bytes, bare.bytes),
        )?;
    }
    Ok(())
}

fn timed(page: &mut String, costs: &[Cost], pairs: &[Pair], bare: &Cost) -> Result<()> {
    writeln!(
        page,
        "\n| over `{}` | bare | gusset added | peer added | to gusset | two threads: bare | gusset added | peer added | to gusset |",
        bare.name
    )?;
    writeln!(page, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for cost in costs.iter().filter(|cost| cost.baseline == bare.name) {
        if !is_peer(cost) {
            continue;
        }
        let Pair { bare, ours, theirs } = pair(pairs, cost)?;
        write!(page, "| {} |", cost.about)?;
        for threads in [0, 1] {
            write!(
                page,
                " {:.0} | {:.0} | {:.0} | **{}** |",
                bare.all[threads],
                ours.added[threads],
                theirs.added[threads],
                ratio(theirs.added[threads], ours.added[threads]),
            )?;
        }
        writeln!(page)?;
    }
    Ok(())
}

fn ratio_of_instructions(costs: &[Cost], cost: &Cost) -> Result<String> {
    let ours = instructions(costs, find(costs, &ours(&cost.name))?)?;
    Ok(ratio(instructions(costs, cost)?, ours))
}

fn is_peer(cost: &Cost) -> bool {
    !cost.baseline.is_empty() && cost.name != ours(&cost.name)
}

fn pair<'a>(pairs: &'a [Pair], cost: &Cost) -> Result<&'a Pair> {
    pairs
        .iter()
        .find(|pair| pair.theirs.name == cost.name)
        .ok_or_else(|| format!("{}: the time was not measured", cost.name).into())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;
    use crate::bench::times::Time;

    fn time(name: &str, all: f64, added: f64) -> Time {
        Time {
            name: name.into(),
            all: [all, all + 10.0],
            added: [added, added * 2.0],
        }
    }

    #[test]
    fn peer_row_shows_ratio_to_gusset() {
        let costs = [
            cost("axum/bare", "", 6000, 14),
            cost("axum/gusset", "axum/bare", 9000, 17),
            cost("axum/peer", "axum/bare", 21_000, 51),
        ];
        let pairs = [Pair {
            bare: time("axum/bare", 500.0, 0.0),
            ours: time("axum/gusset", 900.0, 400.0),
            theirs: time("axum/peer", 2500.0, 2000.0),
        }];
        let mut page = String::new();
        write(&mut page, &costs, &pairs).unwrap();
        for row in [
            "- On an axum route, about axum/peer adds **5.0×** the instructions that gusset adds, and 5.0× the time.",
            "| about axum/gusset | 3,000 | **1.0×** | 3 | 300 |",
            "| about axum/peer | 15,000 | **5.0×** | 37 | 3,700 |",
            "| about axum/peer | 500 | 400 | 2000 | **5.0×** | 510 | 800 | 4000 | **5.0×** |",
        ] {
            assert!(page.contains(row), "{row} is not in\n{page}");
        }
    }
}
