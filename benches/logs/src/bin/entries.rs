//! Prints the entry of one call of a scenario.

use std::process::ExitCode;

use gusset_benches_logs::subscribers;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let all = gusset_benches_logs::all();
    let Some(scenario) = all.iter().find(|scenario| scenario.name == name) else {
        eprintln!("usage: entries <scenario>");
        return ExitCode::from(2);
    };
    let mut work = (scenario.make)()();
    subscribers::print_entries();
    work();
    subscribers::flush();
    ExitCode::SUCCESS
}
