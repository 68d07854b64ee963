//! Servers over loopback, and a load generator that takes turns with them. Each layer has a server in its
//! own process, on a free port. A server exits when its standard input is closed, so it never outlives the
//! load generator.

mod client;
mod rounds;
mod server;

use std::process::ExitCode;
use std::time::Duration;

use axum::Router;

/// A server: its name, a description of its layer, and a function that adds the layer. The first one is bare.
pub type Layered = (&'static str, &'static str, fn(Router) -> Router);

/// Runs the program.
///
/// - `run <workers> <work>` measures servers with this number of worker threads, see [`rounds::run`]. Their handlers
///   work for this number of microseconds.
/// - `serve <layer> <workers> <work>` is a server; `run` starts it.
pub fn program(servers: &[Layered]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["run", workers, work] => rounds::run(servers, workers, work),
        ["serve", name, workers, work] => server::serve(servers, name, workers, work),
        _ => Err("usage: sockets run <workers> <work> | serve <layer> <workers> <work>".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sockets: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads microseconds.
fn duration(work: &str) -> Result<Duration> {
    Ok(Duration::from_micros(work.parse()?))
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
