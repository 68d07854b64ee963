//! The throughput and latency of servers over loopback.

use std::fmt::Write as _;

use crate::Result;
use crate::bench::sockets::{Figure, Served, Sockets};
use crate::bench::text::grouped;

const HEAD: &str = "
## Over sockets

`axum::serve` serves the route `/items/{id}` over loopback. Each server and the load generator run in
their own processes. Every connection sends its next request after the last response, so servers and
generator are saturated. The servers take turns in every round, and each is compared with the bare
server of the same round. The service does almost nothing, so the share of a layer is larger than in a
real service. *CPU* is the processor time of the server per request, including the kernel. It is the
most stable of these figures on a shared machine. axum-prometheus runs the upkeep of its recorder every
five seconds by default.
";

/// Writes a table for each number of worker threads.
pub(super) fn write(page: &mut String, all: &[Sockets]) -> Result<()> {
    page.push_str(HEAD);
    tables(page, all)
}

/// Writes a table for each number of worker threads and work.
pub(super) fn tables(page: &mut String, all: &[Sockets]) -> Result<()> {
    for sockets in all {
        let Sockets {
            workers,
            work,
            connections,
            requests,
            rounds,
            served,
        } = sockets;
        writeln!(
            page,
            "\n{workers} worker thread{}, {work} µs of work in the handler, {connections} connections, {} requests per turn, medians of {rounds} rounds.\n",
            if *workers == 1 { "" } else { "s" },
            grouped(connections * requests),
        )?;
        writeln!(
            page,
            "| layer | requests/s | to bare | CPU, µs | to bare | p50, µs | to bare | p99, µs | to bare |"
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
    fn server_row_shows_ratios_to_bare_server() {
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
            work: 0,
            connections: 16,
            requests: 500,
            rounds: 25,
            served: vec![served],
        };
        let mut page = String::new();
        write(&mut page, &[sockets]).unwrap();
        assert!(page.contains("8,000 requests per turn"), "{page}");
        let row =
            "| a peer | 90,000 | **0.90** | 7.7 | **1.10** | 120.0 | **1.09** | 180.0 | **1.05** |";
        assert!(page.contains(row), "{page}");
    }
}
