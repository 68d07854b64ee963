//! Prints what the process, its container and its host do.
//!
//! ```text
//! cargo run --example system            a line every two seconds, until Ctrl-C
//! cargo run --example system -- 3       three lines
//! ```

use std::sync::mpsc::channel;
use std::time::Duration;

use gusset::system::{Interval, Snapshot, SystemSampler};

fn main() -> Result<(), gusset::ConfigError> {
    let lines = std::env::args().nth(1).and_then(|lines| lines.parse().ok());
    let sampler = SystemSampler::builder()
        .interval(Duration::from_secs(2))
        .start()?;
    let (sender, received) = channel();
    sampler.subscribe(move |previous, now| {
        // An error means that all lines are printed.
        let _ = sender.send(line(previous, now));
    });
    for line in received.iter().take(lines.unwrap_or(usize::MAX)) {
        println!("{line}");
    }
    Ok(())
}

/// Describes what happened between two snapshots. What is unknown is a dash.
fn line(previous: &Snapshot, now: &Snapshot) -> String {
    let interval = Interval::between(previous, now);
    let cpus = interval.and_then(|interval| {
        let (before, after) = (previous.process.cpu_time(), now.process.cpu_time());
        interval.share(before, after)
    });
    let sent_again = interval.and_then(|interval| {
        let (before, after) = (&previous.network.tcp, &now.network.tcp);
        interval.rate(before.segments_retransmitted, after.segments_retransmitted)
    });
    let mebibytes = |bytes: Option<u64>| bytes.map(|bytes| (bytes >> 20) as f64);
    format!(
        "process {} of {} CPUs, memory {} of {} MiB | load {} | cpu pressure {} | time_wait {} | sent again {}/s",
        number(cpus),
        number(now.effective_cpus()),
        number(mebibytes(now.memory_used())),
        number(mebibytes(now.effective_memory())),
        number(now.host.load.map(|load| load.one)),
        number(now.host.pressure.cpu.some.map(|some| some.avg10)),
        number(now.network.sockets.tcp_time_wait.map(|count| count as f64)),
        number(sent_again),
    )
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_a_dash() {
        let line = line(&Snapshot::default(), &Snapshot::default());
        assert!(
            line.starts_with("process - of - CPUs, memory - of - MiB"),
            "{line}"
        );
    }
}
