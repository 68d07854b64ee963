//! Runs one scenario repeatedly, for callgrind to count.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches::program::instructions(&gusset_benches_series::records())
}
