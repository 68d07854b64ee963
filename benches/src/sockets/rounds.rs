//! Rounds in which every server has one turn.

use super::client::{Connection, Turn, connect, turn};
use super::server::Server;
use super::{Layered, Result};
use crate::times::median;

/// Odd, so that one of the values is the median.
const ROUNDS: usize = 25;
const CONNECTIONS: usize = 16;
/// On each connection, in each round.
const REQUESTS: usize = 500;

/// The number of figures of a turn.
const FIGURES: usize = 4;

/// The figures of a turn: requests per second, the server's processor time per request, and the 50th and
/// 99th percentile of the latency. Times are in nanoseconds.
type Figures = [f64; FIGURES];

struct Served {
    name: &'static str,
    about: &'static str,
    server: Server,
    connections: Vec<Connection>,
    rounds: Vec<Figures>,
}

/// Runs all rounds, and prints the figures.
///
/// The first line has the connections, the requests of each connection in a round, and the rounds. Then
/// each server has a line: its name, its layer, and for each figure the median, and the median of its ratio
/// to the first server of the same round.
pub(super) fn run(servers: &[Layered], workers: &str, work: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut all = Vec::new();
    println!("{CONNECTIONS}\t{REQUESTS}\t{ROUNDS}");
    for (name, about, _) in servers {
        let server = Server::start(name, workers, work)?;
        let mut connections = runtime.block_on(connect(server.address, CONNECTIONS))?;
        // Warms up the server.
        turn(&runtime, &mut connections, REQUESTS)?;
        all.push(Served {
            name,
            about,
            server,
            connections,
            rounds: Vec::with_capacity(ROUNDS),
        });
    }
    for round in 0..ROUNDS {
        for offset in 0..all.len() {
            // The order rotates, because a server affects the caches of the next one.
            let index = (round + offset) % all.len();
            let Served {
                server,
                connections,
                rounds,
                ..
            } = &mut all[index];
            let before = server.processor_time()?;
            let turn = turn(&runtime, connections, REQUESTS)?;
            let used = server.processor_time()? - before;
            rounds.push(figures(&turn, used.as_nanos() as f64));
        }
    }
    let bare = all.first().ok_or("there are no servers")?;
    for served in &all {
        let mut line = format!("{}\t{}", served.name, served.about);
        for figure in 0..FIGURES {
            let values = || served.rounds.iter().map(|round| round[figure]);
            let ratios = std::iter::zip(&served.rounds, &bare.rounds)
                .map(|(layered, bare)| layered[figure] / bare[figure]);
            line += &format!("\t{:.0}\t{:.3}", median(values()), median(ratios));
        }
        println!("{line}");
    }
    Ok(())
}

fn figures(turn: &Turn, processor: f64) -> Figures {
    let Turn { elapsed, latencies } = turn;
    let requests = latencies.len();
    let exceeded_by = |share: usize| latencies[(requests - 1) - (requests - 1) / share] as f64;
    [
        requests as f64 / elapsed.as_secs_f64(),
        processor / requests as f64,
        exceeded_by(2),
        exceeded_by(100),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn figures_are_rate_cost_and_latencies() {
        let turn = Turn {
            elapsed: Duration::from_millis(500),
            latencies: (1..=101).collect(),
        };
        assert_eq!(figures(&turn, 1010.0), [202.0, 10.0, 51.0, 100.0]);
    }
}
