//! Does one scenario so many times, to be counted by callgrind, and waits for the threads behind it.

use std::process::ExitCode;

fn main() -> ExitCode {
    let code = gusset_benches::program::instructions(&gusset_benches_traces::all());
    gusset_benches_traces::subjects::flush();
    code
}
