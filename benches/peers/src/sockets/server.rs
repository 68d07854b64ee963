//! One server: `axum::serve`, as a user starts it.

use std::io::{BufRead as _, BufReader, Write as _, stdin, stdout};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::net::TcpListener;

use super::Result;
use crate::laid::ROUTERS;

/// A server in a process of its own. Ended when dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    process: Child,
    /// Taken when it is to end.
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

// === impl Server ===

impl Server {
    /// Starts this very program once more, as a server.
    pub(super) fn start(name: &str, workers: &str) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", name, workers])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let asks = process.stdin.take();
        let answers = process.stdout.take().ok_or("it has a standard output")?;
        let mut server = Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            process,
            asks,
            answers: BufReader::new(answers),
        };
        let port = server.answer()?.parse()?;
        server.address.set_port(port);
        Ok(server)
    }

    /// The processor time that it took up to now.
    pub(super) fn processor_time(&mut self) -> Result<Duration> {
        let asks = self.asks.as_mut().ok_or("asked only while it runs")?;
        asks.write_all(b"\n")?;
        Ok(Duration::from_nanos(self.answer()?.parse()?))
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.asks.take());
        // It is gone, or going.
        let _ = self.process.wait();
    }
}

/// Serves until the standard input ends: tells its port, then for each line that it reads how many
/// nanoseconds of processor time it took.
pub(super) fn serve(name: &str, workers: &str) -> Result<()> {
    let (_, _, router) = ROUTERS
        .iter()
        .find(|(known, _, _)| *known == name)
        .ok_or_else(|| format!("nothing is called {name}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers.parse()?)
        .enable_all()
        .build()?;
    let _inside = runtime.enter();
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    tell(listener.local_addr()?.port())?;
    let router = router();
    runtime.spawn(async move { axum::serve(listener, router).await });
    for line in stdin().lines() {
        line?;
        tell(processor_time()?)?;
    }
    runtime.shutdown_background();
    Ok(())
}

fn processor_time() -> Result<u64> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec)?;
    Ok(seconds * 1_000_000_000 + u64::try_from(time.tv_nsec)?)
}

fn tell(number: impl std::fmt::Display) -> Result<()> {
    let mut stdout = stdout().lock();
    writeln!(stdout, "{number}")?;
    Ok(stdout.flush()?)
}
