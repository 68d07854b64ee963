//! Shows what one call of a scenario writes.

use std::process::ExitCode;

use gusset_benches_logs::writers;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let all = gusset_benches_logs::all();
    let Some(scenario) = all.iter().find(|scenario| scenario.name == name) else {
        eprintln!("usage: lines <scenario>");
        return ExitCode::from(2);
    };
    let mut work = (scenario.make)()();
    writers::show();
    work();
    writers::flush();
    ExitCode::SUCCESS
}
