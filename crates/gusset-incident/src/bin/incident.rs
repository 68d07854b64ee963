//! Prints an incident report for people: `incident show FILE`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use gusset_incident::Report;

const USAGE: &str =
    "usage: incident show FILE\n\nPrints the report of a file `incident-….json` as Markdown.";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [command, file] = &arguments[..] else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if command != "show" {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    let page = std::fs::read_to_string(file)
        .map_err(|error| error.to_string())
        .and_then(|json| Report::from_json(&json).map_err(|error| error.to_string()));
    match page {
        Ok(report) => {
            // The reader may have gone.
            let _ = io::stdout().write_all(report.to_markdown().as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", file.to_string_lossy());
            ExitCode::FAILURE
        }
    }
}
