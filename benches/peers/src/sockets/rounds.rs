//! Rounds in which every server has its turn.

use super::Result;
use super::client::{Connection, Turn, connect, turn};
use super::server::Server;
use crate::laid::ROUTERS;
use crate::paired::median;

/// Odd, so that one of them is the median.
const ROUNDS: usize = 25;
const CONNECTIONS: usize = 16;
/// On each connection, in each round.
const REQUESTS: usize = 500;

/// How many figures a turn gives.
const FIGURES: usize = 4;

/// What a turn gives: requests a second; nanoseconds of the server's processor time for each; the
/// median of latencies in nanoseconds, and what one in a hundred exceeds.
type Figures = [f64; FIGURES];

struct Served {
    name: &'static str,
    about: &'static str,
    server: Server,
    connections: Vec<Connection>,
    rounds: Vec<Figures>,
}

/// Tells how many connections there are, how many requests each sends in a round, and how many rounds.
/// Then tells of each server its name and what is laid over it, then of each figure its median and the
/// median of its ratio to the first server's in the same round.
pub(super) fn run(workers: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut all = Vec::new();
    println!("{CONNECTIONS}\t{REQUESTS}\t{ROUNDS}");
    for (name, about, _) in ROUTERS {
        let server = Server::start(name, workers)?;
        let mut connections = runtime.block_on(connect(server.address, CONNECTIONS))?;
        // All that is made at first need is made.
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
        for at in 0..all.len() {
            // Not always after the same neighbour.
            let at = (round + at) % all.len();
            let Served {
                server,
                connections,
                rounds,
                ..
            } = &mut all[at];
            let before = server.processor_time()?;
            let turn = turn(&runtime, connections, REQUESTS)?;
            let took = server.processor_time()? - before;
            rounds.push(figures(&turn, took.as_nanos() as f64));
        }
    }
    let bare = all.first().ok_or("nobody was served")?;
    for of in &all {
        let mut line = format!("{}\t{}", of.name, of.about);
        for figure in 0..FIGURES {
            let values = || of.rounds.iter().map(|round| round[figure]);
            let ratios = std::iter::zip(&of.rounds, &bare.rounds)
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
    fn a_turn_is_told_by_its_rate_its_cost_and_its_latencies() {
        let turn = Turn {
            elapsed: Duration::from_millis(500),
            latencies: (1..=101).collect(),
        };
        assert_eq!(figures(&turn, 1010.0), [202.0, 10.0, 51.0, 100.0]);
    }
}
