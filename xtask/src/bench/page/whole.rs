//! The cost of what a service uses.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::{find, sockets};
use crate::Result;
use crate::bench::profile::Groups;
use crate::bench::text::{added, grouped};
use crate::bench::whole::{Costs, Whole};

const HEAD: &str = "
## What a service uses

The layers of the façade with every part compiled in, as a service has them. `init` is `gusset::init` with
health: it also counts calls in flight and closes connections during a shutdown. Lines are JSON and are
discarded. Spans go through the batch queue of OTLP to a collector that discards them; its thread is not counted.
The five jobs are request id, line, metrics, sampled span and a closed circuit breaker on the route.

Below them are others, in a program of their own. The manual five jobs fit this one service, and handle no error, panic or client
that leaves. The usual crates are tower-http (request id, `TraceLayer`), tracing-subscriber (JSON), axum-prometheus,
tracing-opentelemetry or opentelemetry-instrumentation-tower, and failsafe. Their work ends at the response's headers.
failsafe and recloser are around the future of the service, and ignore the body too.
";

const PROFILE: &str = "
### Where the five jobs are

The instructions of a call of the axum route by the crate of the function that has them, without what it calls. What is
inlined counts where it is inlined. Half of what is added is the router's and the memory's: a future and a body around
those of the route, their allocations and their moves, the copies of a span and a line into queues.

| | bare | five jobs | added |
|---|--:|--:|--:|
";

/// Writes the section.
pub(super) fn write(page: &mut String, whole: &Whole) -> Result<()> {
    let Whole {
        ours,
        others,
        profiles,
    } = whole;
    page.push_str(HEAD);
    for (bare, about) in [
        ("axum/bare", "an axum route"),
        ("svc/bare", "a plain service"),
    ] {
        let instructions = find(&ours.costs, bare)?.instructions;
        writeln!(
            page,
            "\n| on {about}: {} | instructions | added | added allocations | clock readings | time to bare, 1 thread | 2 threads |",
            grouped(instructions)
        )?;
        writeln!(page, "|---|--:|--:|--:|--:|--:|--:|")?;
        rows(page, ours, bare)?;
        rows(page, others, bare)?;
    }
    profile(page, profiles)?;
    writeln!(page, "\n### Over sockets: gusset")?;
    sockets::tables(page, &ours.sockets)?;
    writeln!(page, "\n### Over sockets: other stacks")?;
    sockets::tables(page, &others.sockets)
}

/// Writes where the instructions of the five jobs are, dearest first.
fn profile(page: &mut String, [bare, jobs]: &[Groups; 2]) -> Result<()> {
    page.push_str(PROFILE);
    let of_bare = |group: &String| bare.get(group).copied().unwrap_or_default();
    let mut groups: Vec<_> = jobs.iter().collect();
    groups.sort_by_key(|(group, count)| Reverse(count.saturating_sub(of_bare(group))));
    for (group, count) in groups {
        let bare = of_bare(group);
        let (count, added) = (grouped(*count), added(*count, bare));
        writeln!(page, "| {group} | {} | {count} | {added} |", grouped(bare))?;
    }
    Ok(())
}

/// Writes the rows that are compared with this one, which is of the same program.
fn rows(page: &mut String, figures: &Costs, bare: &str) -> Result<()> {
    let Costs {
        costs,
        clock_readings,
        times,
        ..
    } = figures;
    let bare = find(costs, bare)?;
    for cost in costs.iter().filter(|cost| cost.baseline == bare.name) {
        let time = times.iter().find(|[_, time]| time.name == cost.name);
        let time = time.map_or(["–".to_owned(), "–".to_owned()], |[bare, time]| {
            [0, 1].map(|at| format!("{:.2}", 1.0 + time.added[at] / bare.all[at]))
        });
        let mut readings = clock_readings.iter();
        let readings = readings.find(|readings| readings.name == cost.name);
        let readings = readings.map_or("–".to_owned(), |readings| readings.of_call.to_string());
        writeln!(
            page,
            "| {} | {} | {} | {} | {readings} | {} |",
            cost.about,
            grouped(cost.instructions),
            added(cost.instructions, bare.instructions),
            added(cost.allocations, bare.allocations),
            time.join(" | "),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;
    use crate::bench::clock_readings::ClockReadings;
    use crate::bench::times::Time;

    fn time(name: &str, all: [f64; 2], added: [f64; 2]) -> Time {
        let name = name.into();
        Time { name, all, added }
    }

    #[test]
    fn rows_are_below_their_bare_service() {
        let ours = Costs {
            costs: vec![
                cost("axum/bare", "", 6000, 14),
                cost("axum/init", "axum/bare", 16_000, 24),
                cost("svc/bare", "", 1000, 3),
                cost("svc/breaker", "svc/bare", 1600, 3),
            ],
            clock_readings: vec![ClockReadings {
                name: "axum/init".into(),
                of_call: 6,
            }],
            times: vec![[
                time("axum/bare", [500.0, 600.0], [0.0, 0.0]),
                time("axum/init", [1300.0, 1500.0], [750.0, 600.0]),
            ]],
            sockets: Vec::new(),
        };
        let others = Costs {
            costs: vec![
                cost("axum/bare", "", 6100, 14),
                cost("axum/floor", "axum/bare", 11_100, 16),
                cost("svc/bare", "", 1000, 3),
            ],
            clock_readings: Vec::new(),
            times: Vec::new(),
            sockets: Vec::new(),
        };
        let mut page = String::new();
        let groups = |log| Groups::from([("http".into(), 100), ("gusset-log".into(), log)]);
        let mut whole = Whole {
            ours,
            others,
            profiles: [groups(0), groups(900)],
        };
        write(&mut page, &whole).unwrap();
        let rows = [
            "| on an axum route: 6,000 |",
            "| about axum/init | 16,000 | 10,000 | 10 | 6 | 2.50 | 2.00 |",
            "| about axum/floor | 11,100 | 5,000 | 2 | – | – | – |",
            "| on a plain service: 1,000 |",
            "| about svc/breaker | 1,600 | 600 | 0 | – | – | – |",
            "| gusset-log | 0 | 900 | 900 |",
            "| http | 100 | 100 | 0 |",
        ];
        let places = rows.map(|row| page.find(row).expect(row));
        assert!(places.is_sorted(), "{page}");
        whole.ours.costs.truncate(2);
        assert!(write(&mut page, &whole).is_err(), "no bare service");
    }
}
