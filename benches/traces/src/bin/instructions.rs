//! Runs one scenario repeatedly, for callgrind to count, and waits for its other threads.

use std::process::ExitCode;

fn main() -> ExitCode {
    let code = gusset_benches::program::instructions(&gusset_benches_traces::all());
    gusset_benches_traces::subjects::flush();
    code
}
