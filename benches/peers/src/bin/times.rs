//! Measures the times of scenarios.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches::times::program(&gusset_benches_peers::all())
}
