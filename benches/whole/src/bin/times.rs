//! Measures the time of the scenarios that are named, in turns.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches::times::program(&gusset_benches_whole::all())
}
