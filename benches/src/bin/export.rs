//! Exports spans and series over a real socket, and tells what it took.
//!
//! `export <spans> <series> <rounds>`: milliseconds of each round, all threads' time and waiting in it,
//! and the process's peak memory before and after. Under callgrind, the difference of a run with one round
//! and one with eleven is ten rounds.

use std::process::ExitCode;
use std::time::Duration;

use gusset_benches::otlp;
use gusset_data::SpanSink as _;
use gusset_otlp::Signal;

fn main() -> ExitCode {
    let arguments: Vec<usize> = std::env::args()
        .skip(1)
        .flat_map(|text| text.parse())
        .collect();
    let [spans, series, rounds] = arguments.as_slice() else {
        eprintln!("usage: export <spans> <series> <rounds>");
        return ExitCode::from(2);
    };
    let mut telemetry = otlp::telemetry(otlp::Series::new(*series));
    let sink = telemetry.span_sink();
    println!("peak before\t{}", peak());
    for _ in 0..*rounds {
        #[allow(clippy::disallowed_methods, reason = "a measurement, not a call")]
        let start = std::time::Instant::now();
        for _ in 0..*spans {
            sink.export(otlp::span());
        }
        let report = telemetry.flush(Duration::from_secs(600));
        println!("milliseconds\t{:.1}", start.elapsed().as_secs_f64() * 1e3);
        if report.dropped() > 0 {
            eprintln!("lost: {report}");
            return ExitCode::FAILURE;
        }
    }
    let report = telemetry.report();
    let exported = [Signal::Traces, Signal::Metrics].map(|signal| report.counts(signal).exported);
    println!("exported\t{exported:?}");
    println!("peak after\t{}", peak());
    ExitCode::SUCCESS
}

/// The most memory that the process has had, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or("unknown").trim().to_owned()
}
