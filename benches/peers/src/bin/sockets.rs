//! Measures servers over loopback.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches::sockets::program(gusset_benches_peers::scenarios::ROUTERS)
}
