//! Measures the times of scenarios.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches_peers::times::program(&gusset_benches_peers::all())
}
