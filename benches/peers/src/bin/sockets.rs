//! Serves over loopback, and calls what is served.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches_peers::sockets::program()
}
