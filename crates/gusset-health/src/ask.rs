//! A probe from the command line, so that no image needs a client for it.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::process::ExitCode;
use std::time::Duration;

/// How long an answer may take, in all its parts.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks a service, `host:port`, for a probe, `/readyz`, and gives the exit code that a container's
/// health check wants: 0 if it passes, else 1. Says on standard error why not.
///
/// For a subcommand of the service's own, so that its image needs no `curl`. Blocks; takes seconds at
/// most. Plain HTTP.
///
/// ```
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     if std::env::args().any(|argument| argument == "--health") {
///         return gusset_health::ask("127.0.0.1:8080", "/readyz");
///     }
///     // The service.
///     ExitCode::SUCCESS
/// }
/// ```
pub fn ask(address: &str, path: &str) -> ExitCode {
    match status(address, path) {
        Ok(200..=399) => ExitCode::SUCCESS,
        Ok(status) => {
            eprintln!("{address}{path} answered {status}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{address}{path} was not answered: {error}");
            ExitCode::FAILURE
        }
    }
}

fn status(address: &str, path: &str) -> std::io::Result<u16> {
    let nowhere = || std::io::Error::other("the name has no address");
    let at = address.to_socket_addrs()?.next().ok_or_else(nowhere)?;
    let mut stream = TcpStream::connect_timeout(&at, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: gusset-health\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    // `HTTP/1.1 200`, and what follows does not matter.
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    let digits = head.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..));
    let status = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    status.ok_or_else(|| std::io::Error::other("the answer is no HTTP"))
}
