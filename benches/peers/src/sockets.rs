//! Over loopback: a server a layer, each a process of its own, and a load generator that takes turns
//! with them. Nothing leaves the machine, the system chooses the ports, and a server ends when its
//! standard input does, however the one who holds the other end came to its own.

mod client;
mod rounds;
mod server;

use std::process::ExitCode;

/// The program.
///
/// - `run <workers>`: one line for each server of so many worker threads, see [`rounds::run`];
/// - `serve <layer> <workers>`: what the former starts.
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
