//! Measures servers over loopback.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches_peers::sockets::program()
}
