//! Exports spans and series over a real socket.
//!
//! `export <spans> <series> <rounds>` prints the wall time of each round, and the peak memory before and
//! after. Under callgrind, subtract a run with one round from a run with eleven to measure ten.

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
    let mut pipeline = otlp::pipeline(otlp::Series::new(*series));
    let sink = pipeline.span_sink();
    println!("peak before\t{}", peak_memory());
    for _ in 0..*rounds {
        #[allow(
            clippy::disallowed_methods,
            reason = "the benchmark measures real time"
        )]
        let start = std::time::Instant::now();
        for _ in 0..*spans {
            sink.export(otlp::span());
        }
        let report = pipeline.flush(Duration::from_secs(600));
        println!("milliseconds\t{:.1}", start.elapsed().as_secs_f64() * 1e3);
        if report.dropped() > 0 {
            eprintln!("dropped: {report}");
            return ExitCode::FAILURE;
        }
    }
    let report = pipeline.report();
    let exported = [Signal::Traces, Signal::Metrics].map(|signal| report.counts(signal).exported);
    println!("exported\t{exported:?}");
    println!("peak after\t{}", peak_memory());
    ExitCode::SUCCESS
}

/// Returns the peak memory of the process, if the system reports it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or("unknown").trim().to_owned()
}
