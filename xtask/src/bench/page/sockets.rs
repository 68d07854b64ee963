//! What servers do over loopback.

use std::fmt::Write as _;

use crate::Result;
use crate::bench::sockets::{Figure, Served, Sockets};
use crate::bench::text::grouped;

const HEAD: &str = "
## Over sockets

The route `/items/{id}` served by `axum::serve` over loopback, each server a process of its own, called
by a load generator in another: every connection sends its next request when the last is answered, so
servers and generator together have as much to do as they can. The servers take turns; each has its
turn in every round, and is compared with the bare server in the same one. The service does next to
nothing: what a layer adds is the larger share of it, and a smaller one of any real service. *CPU* is
the server's processor time, system included, for each request: the steadiest of these figures where
others use the machine too. axum-prometheus looks after its recorder every five seconds, as it comes.
";

/// A table for each number of worker threads.
pub(super) fn write(page: &mut String, all: &[Sockets]) -> Result<()> {
    page.push_str(HEAD);
    for sockets in all {
        let Sockets {
            workers,
            connections,
            requests,
            rounds,
            served,
        } = sockets;
        writeln!(
            page,
            "\n{workers} worker thread{}, {connections} connections, {} requests a turn, {rounds} rounds: medians.\n",
            if *workers == 1 { "" } else { "s" },
            grouped(connections * requests),
        )?;
        writeln!(
            page,
            "| laid over it | requests/s | to bare | CPU, µs | to bare | p50, µs | to bare | p99, µs | to bare |"
        )?;
        writeln!(page, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for Served {
            about,
            rate,
            processor,
            median,
            slowest,
            ..
        } in served
        {
            writeln!(
                page,
                "| {about} | {} | **{:.2}** | {} | {} | {} |",
                grouped(rate.value as u64),
                rate.ratio,
                micros(*processor),
                micros(*median),
                micros(*slowest),
            )?;
        }
    }
    Ok(())
}

fn micros(Figure { value, ratio }: Figure) -> String {
    format!("{:.1} | **{ratio:.2}**", value / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_told_with_its_ratios() {
        let figure = |value, ratio| Figure { value, ratio };
        let served = Served {
            name: "peer".into(),
            about: "a peer".into(),
            rate: figure(90_000.0, 0.9),
            processor: figure(7700.0, 1.1),
            median: figure(120_000.0, 1.09),
            slowest: figure(180_000.0, 1.05),
        };
        let sockets = Sockets {
            workers: 1,
            connections: 16,
            requests: 500,
            rounds: 25,
            served: vec![served],
        };
        let mut page = String::new();
        write(&mut page, &[sockets]).unwrap();
        assert!(page.contains("8,000 requests a turn"), "{page}");
        let row =
            "| a peer | 90,000 | **0.90** | 7.7 | **1.10** | 120.0 | **1.09** | 180.0 | **1.05** |";
        assert!(page.contains(row), "{page}");
    }
}
