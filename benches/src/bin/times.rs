//! Takes the time of scenarios, each beside the first.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches::program::times(&gusset_benches::all())
}
