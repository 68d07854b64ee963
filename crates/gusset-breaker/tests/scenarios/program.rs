//! `cargo xtask scenarios FILE`: replays a file of scenarios against the breaker.

#[path = "adaptive.rs"]
mod adaptive;
#[path = "configure.rs"]
mod configure;
#[path = "replay.rs"]
mod replay;
#[path = "schema.rs"]
mod schema;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(path), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: scenarios FILE");
        return ExitCode::from(2);
    };
    let path = std::path::PathBuf::from(path);
    let print_error = |reason: String| eprintln!("{}: {reason}", path.display());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            print_error(format!("cannot be read: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let report = match replay::replay(&text) {
        Ok(report) => report,
        Err(reason) => {
            print_error(reason);
            return ExitCode::FAILURE;
        }
    };
    for mismatch in &report.mismatches {
        println!("{mismatch}");
    }
    println!(
        "{} scenarios, {} steps: {} mismatches",
        report.scenarios,
        report.steps,
        report.mismatches.len()
    );
    if report.mismatches.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
