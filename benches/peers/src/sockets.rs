//! Servers over loopback, and a load generator that takes turns with them. Each layer has a server in its
//! own process, on a free port. A server exits when its standard input is closed, so it never outlives the
//! load generator.

mod client;
mod rounds;
mod server;

use std::process::ExitCode;

/// Runs the program.
///
/// - `run <workers>` measures servers with this number of worker threads, see [`rounds::run`].
/// - `serve <layer> <workers>` is a server; `run` starts it.
pub fn program() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["run", workers] => rounds::run(workers),
        ["serve", name, workers] => server::serve(name, workers),
        _ => Err("usage: sockets run <workers> | serve <layer> <workers>".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sockets: {error}");
            ExitCode::FAILURE
        }
    }
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
