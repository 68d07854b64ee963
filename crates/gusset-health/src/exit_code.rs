//! A health check for containers, without an HTTP client in the image.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::process::ExitCode;
use std::time::Duration;

/// The timeout of each step: connecting, writing, and reading.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Returns 0 if a probe passes over plain HTTP, or else 1.
///
/// Use it in a subcommand of the service as the container's health check, so that the image needs no
/// `curl`. Blocks for a few seconds at most. Prints the reason of a failure to standard error.
///
/// ```
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     if std::env::args().any(|argument| argument == "--health") {
///         return gusset_health::probe_exit_code("127.0.0.1:8080", "/readyz");
///     }
///     // Run the service.
///     ExitCode::SUCCESS
/// }
/// ```
pub fn probe_exit_code(address: &str, path: &str) -> ExitCode {
    match request_status(address, path) {
        Ok(200..=399) => ExitCode::SUCCESS,
        Ok(status) => {
            eprintln!("probe {address}{path} failed: status {status}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("probe {address}{path} failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn request_status(address: &str, path: &str) -> std::io::Result<u16> {
    let unresolved = || std::io::Error::other("the host name has no address");
    let socket_address = address.to_socket_addrs()?.next().ok_or_else(unresolved)?;
    let mut stream = TcpStream::connect_timeout(&socket_address, PROBE_TIMEOUT)?;
    stream.set_read_timeout(Some(PROBE_TIMEOUT))?;
    stream.set_write_timeout(Some(PROBE_TIMEOUT))?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: gusset-health\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    // `HTTP/1.1 200`: the rest of the response is not needed.
    let mut status_line = [0; 12];
    stream.read_exact(&mut status_line)?;
    let digits = status_line
        .strip_prefix(b"HTTP/1.")
        .and_then(|rest| rest.get(2..));
    let status = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    status.ok_or_else(|| std::io::Error::other("the response is not HTTP"))
}
