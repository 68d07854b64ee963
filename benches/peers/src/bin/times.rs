//! Takes the time of scenarios, each beside the first.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches_peers::paired::program(&gusset_benches_peers::all())
}
