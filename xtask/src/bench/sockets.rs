//! Runs the program `sockets`, which measures servers over loopback.

use std::path::Path;
use std::process::Command;

use super::text::columns;
use crate::steps::print_line;
use crate::{Result, command};

/// The figures of servers with one number of worker threads.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) workers: u32,
    /// The microseconds that a handler works.
    pub(super) work: u32,
    pub(super) connections: u64,
    /// On each connection in each round.
    pub(super) requests: u64,
    pub(super) rounds: u64,
    pub(super) served: Vec<Served>,
}

/// The figures of one server: medians, and the medians of the ratios to the bare server.
#[derive(Debug, PartialEq)]
pub(super) struct Served {
    pub(super) name: String,
    pub(super) about: String,
    /// Requests per second.
    pub(super) rate: Figure,
    /// Processor time of the server per request, in nanoseconds.
    pub(super) processor: Figure,
    /// The median latency in nanoseconds.
    pub(super) median: Figure,
    /// The 99th percentile of the latency in nanoseconds.
    pub(super) slowest: Figure,
}

/// A figure, and its ratio to that of the bare server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) value: f64,
    pub(super) ratio: f64,
}

/// Measures servers with one worker thread, then with two, whose handlers work for these numbers of microseconds.
pub(super) fn measure(folder: &Path, works: &[u32]) -> Result<Vec<Sockets>> {
    let each = works.iter().flat_map(|work| [(1, *work), (2, *work)]);
    each.map(|(workers, work)| {
        let mut program = Command::new(folder.join("sockets"));
        program.args(["run", &workers.to_string(), &work.to_string()]);
        read(workers, work, &command::output(&mut program)?)
    })
    .collect()
}

fn read(workers: u32, work: u32, text: &str) -> Result<Sockets> {
    print_line(text);
    let (header, lines) = text.split_once('\n').ok_or("`sockets`: no output")?;
    let [connections, requests, rounds] = columns(header)?;
    Ok(Sockets {
        workers,
        work,
        connections: connections.parse()?,
        requests: requests.parse()?,
        rounds: rounds.parse()?,
        served: lines.lines().map(served).collect::<Result<_>>()?,
    })
}

fn served(line: &str) -> Result<Served> {
    let [
        name,
        about,
        rate,
        rated,
        processor,
        processed,
        median,
        middling,
        slowest,
        slow,
    ] = columns(line)?;
    Ok(Served {
        name: name.into(),
        about: about.into(),
        rate: figure(rate, rated)?,
        processor: figure(processor, processed)?,
        median: figure(median, middling)?,
        slowest: figure(slowest, slow)?,
    })
}

fn figure(value: &str, ratio: &str) -> Result<Figure> {
    Ok(Figure {
        value: value.parse()?,
        ratio: ratio.parse()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_with_ratios() {
        let text = "16\t500\t25\nbare\tnothing\t1000\t1.000\t7000\t1.000\t110\t1.000\t170\t1.000\n";
        let sockets = read(1, 0, text).unwrap();
        assert_eq!((sockets.connections, sockets.requests), (16, 500));
        let [bare] = sockets.served.as_slice() else {
            panic!("{sockets:?}")
        };
        assert_eq!(bare.name, "bare");
        assert_eq!((bare.slowest.value, bare.slowest.ratio), (170.0, 1.0));
    }
}
