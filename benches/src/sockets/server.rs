//! A server that runs `axum::serve`.

use std::io::{BufRead as _, BufReader, Write as _, stdin, stdout};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::net::TcpListener;

use super::{Layered, Result, duration};
use crate::axum::busy_router;

/// A server in its own process, which exits on drop.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    process: Child,
    /// Closed to stop the server.
    requests: Option<ChildStdin>,
    responses: BufReader<ChildStdout>,
}

// === impl Server ===

impl Server {
    /// Starts this program as a server.
    pub(super) fn start(name: &str, workers: &str, work: &str) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", name, workers, work])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = process.stdin.take();
        let responses = process
            .stdout
            .take()
            .ok_or("standard output is not piped")?;
        let mut server = Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            process,
            requests,
            responses: BufReader::new(responses),
        };
        let port = server.read_response()?.parse()?;
        server.address.set_port(port);
        Ok(server)
    }

    /// Returns the processor time that the server has used.
    pub(super) fn processor_time(&mut self) -> Result<Duration> {
        let requests = self.requests.as_mut().ok_or("the server has stopped")?;
        requests.write_all(b"\n")?;
        Ok(Duration::from_nanos(self.read_response()?.parse()?))
    }

    fn read_response(&mut self) -> Result<String> {
        let mut line = String::new();
        self.responses.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.requests.take());
        // An error means that the process has exited.
        let _ = self.process.wait();
    }
}

/// Serves until standard input is closed. Prints the port, and then for each input line the processor time
/// used, in nanoseconds.
pub(super) fn serve(servers: &[Layered], name: &str, workers: &str, work: &str) -> Result<()> {
    let (_, _, layered) = servers
        .iter()
        .find(|(known, _, _)| *known == name)
        .ok_or_else(|| format!("unknown layer `{name}`"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers.parse()?)
        .enable_all()
        .build()?;
    let _guard = runtime.enter();
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    print_number(listener.local_addr()?.port())?;
    let router = layered(busy_router(duration(work)?));
    runtime.spawn(async move { axum::serve(listener, router).await });
    for line in stdin().lines() {
        line?;
        print_number(processor_time()?)?;
    }
    runtime.shutdown_background();
    Ok(())
}

fn processor_time() -> Result<u64> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec)?;
    Ok(seconds * 1_000_000_000 + u64::try_from(time.tv_nsec)?)
}

fn print_number(number: impl std::fmt::Display) -> Result<()> {
    let mut stdout = stdout().lock();
    writeln!(stdout, "{number}")?;
    Ok(stdout.flush()?)
}
