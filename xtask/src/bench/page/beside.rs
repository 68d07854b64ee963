//! Ours beside its peers.

use std::fmt::Write as _;

use super::{find, instructions};
use crate::Result;
use crate::bench::measure::Cost;
use crate::bench::text::{added, grouped, ratio};
use crate::bench::times::{Pair, ours};

const HEAD: &str = "
## Beside its peers

The same two services as below, in one program, with one layer or another; the response body is driven
to its end. Every peer records, which is tested before it is measured:

- gusset is `HttpMetrics` on a Prometheus page, as it comes;
- axum-prometheus records in the global recorder that its `PrometheusMetricLayer::pair` makes;
- axum-otel-metrics, opentelemetry-instrumentation-tower and tower-otel record with a provider of
  OpenTelemetry's SDK, in the version that each takes, whose reader nobody reads;
- opentelemetry-instrumentation-tower makes spans too, as it comes, and no provider of traces is set:
  they go nowhere;
- `TraceLayer` counts nothing; it stands here for what is laid over most services: first with nobody
  listening, then with a subscriber whose log, in text and at the level `DEBUG` that it asks for, is
  written to nowhere.

They do not all do the same. Ours follows the response to the end of its body, counts its bytes and
says what became of the call; the peers' durations end at its head. Of the peers only axum-prometheus
finds a route on the plain service (it takes the path for it); the others know axum's routes alone, and
have the less to do there. Of what a layer adds over axum, a part is axum's own price for any layer, the
allocations that gusset adds among it: see *a layer that does nothing* under *Calls*.
";

const TIMES: &str = "
Time: each peer, ours and the bare service took turns in one process of their own; nanoseconds a call.
*Added* is what the bare service did not take in the same round. With two threads, both call the same
layer at once, each on a processor of its own. What it costs that two processors write to the same memory
is up to the machine, and on a virtual one not the same at every hour: compare within a row.
";

/// The section.
pub(super) fn write(page: &mut String, costs: &[Cost], pairs: &[Pair]) -> Result<()> {
    page.push_str(HEAD);
    writeln!(page)?;
    summary(page, costs, pairs)?;
    for bare in costs.iter().filter(|cost| cost.over.is_empty()) {
        counted(page, costs, bare)?;
    }
    page.push_str(TIMES);
    for bare in costs.iter().filter(|cost| cost.over.is_empty()) {
        timed(page, costs, pairs, bare)?;
    }
    Ok(())
}

/// How many times as much as ours each peer adds, in a sentence.
fn summary(page: &mut String, costs: &[Cost], pairs: &[Pair]) -> Result<()> {
    for cost in costs.iter().filter(|cost| is_peer(cost)) {
        let over = if cost.over.starts_with("axum") {
            "an axum route"
        } else {
            "a plain service"
        };
        let pair = pair(pairs, cost)?;
        writeln!(
            page,
            "- On {over}, {} adds **{}** the instructions that gusset adds, and {} the time.",
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
        "| laid over it | added instructions | to gusset | added allocations | added bytes |"
    )?;
    writeln!(page, "|---|--:|--:|--:|--:|")?;
    for cost in costs.iter().filter(|cost| cost.over == bare.name) {
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
    for cost in costs.iter().filter(|cost| cost.over == bare.name) {
        if !is_peer(cost) {
            continue;
        }
        let Pair { bare, ours, theirs } = pair(pairs, cost)?;
        write!(page, "| {} |", cost.about)?;
        for crowd in [0, 1] {
            write!(
                page,
                " {:.0} | {:.0} | {:.0} | **{}** |",
                bare.all[crowd],
                ours.added[crowd],
                theirs.added[crowd],
                ratio(theirs.added[crowd], ours.added[crowd]),
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
    !cost.over.is_empty() && cost.name != ours(&cost.name)
}

fn pair<'a>(pairs: &'a [Pair], cost: &Cost) -> Result<&'a Pair> {
    pairs
        .iter()
        .find(|pair| pair.theirs.name == cost.name)
        .ok_or_else(|| format!("nobody took the time of {}", cost.name).into())
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
    fn a_peer_is_told_by_its_ratio_to_ours() {
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
