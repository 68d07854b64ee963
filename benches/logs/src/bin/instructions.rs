//! Does one scenario so many times, to be counted by callgrind.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches::program::instructions(&gusset_benches_logs::all())
}
