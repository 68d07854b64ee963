//! A shop in its own process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The limit of each step, also on a slow machine.
pub(crate) const STEP_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Returns the path of an example that `cargo test` built.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(|deps| deps.parent()).unwrap();
    let path = path.join("examples").join(name);
    assert!(
        path.exists(),
        "build the examples first: `cargo build -p gusset-examples --examples`"
    );
    path
}

/// A process that is killed on drop.
pub(crate) struct Process {
    child: Child,
    stderr: Arc<Mutex<String>>,
    stdout: Arc<Mutex<String>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> std::io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Self {
            stderr: collect_lines(child.stderr.take().unwrap()),
            stdout: collect_lines(child.stdout.take().unwrap()),
            child,
        })
    }

    /// Returns the standard output so far: the log of a shop.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.lock().unwrap().clone()
    }

    /// Returns the standard error output so far: the messages of a shop.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status();
        assert!(kill.unwrap().success());
    }

    /// Waits for the exit, and for the end of the output.
    pub(crate) async fn exit_status(&mut self) -> ExitStatus {
        let status = until("the process exits", async || self.child.try_wait().unwrap()).await;
        until("its output ends", async || {
            let [stderr, stdout] = [&self.stderr, &self.stdout].map(Arc::strong_count);
            (stderr == 1 && stdout == 1).then_some(())
        })
        .await;
        status
    }
}

/// Collects the lines of an output on a thread.
fn collect_lines(output: impl std::io::Read + Send + 'static) -> Arc<Mutex<String>> {
    let lines = Arc::new(Mutex::new(String::new()));
    let collected = lines.clone();
    thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let Ok(line) = line else { return };
            *collected.lock().unwrap() += &(line + "\n");
        }
    });
    lines
}

pub(crate) struct Shop {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) management: SocketAddr,
}

impl Shop {
    pub(crate) async fn start(args: &[&str]) -> Self {
        Self::start_command(
            Command::new(example("shop"))
                .args(["--listen", "127.0.0.1:0"])
                .args(args),
        )
        .await
    }

    /// Starts a shop with a command, and waits until it serves.
    pub(crate) async fn start_command(command: &mut Command) -> Self {
        let mut process = Process::start(command).unwrap();
        let parse = |printed: &str, name: &str| -> Option<SocketAddr> {
            let rest = printed.lines().find_map(|line| line.strip_prefix(name))?;
            let rest = rest.trim().strip_prefix("http://")?;
            rest.split('/').next()?.parse().ok()
        };
        let addresses = until("the shop prints its addresses", async || {
            let status = process.child.try_wait().unwrap();
            assert_eq!(status, None, "{}", process.stderr());
            let printed = process.stderr();
            // The last line of the greeting.
            printed.contains("to stop.").then_some(())?;
            parse(&printed, "shop ").zip(parse(&printed, "management "))
        });
        let (address, management) = addresses.await;
        Self {
            process,
            address,
            management,
        }
    }

    /// Returns the status of a probe of the management server, or `None` if nothing listens.
    pub(crate) fn probe(&self, path: &str) -> Option<u16> {
        get(self.management, path).map(|(status, _)| status)
    }

    /// Waits until this number of calls is in flight.
    pub(crate) async fn wait_for_in_flight(&self, calls: usize) {
        let expected = format!("\"inFlight\":{calls},");
        until(&expected, async || {
            let (_, body) = get(self.management, "/healthz")?;
            body.contains(&expected).then_some(())
        })
        .await;
    }
}

/// Sends a request on a new connection. Returns `None` if there is no complete response.
pub(crate) fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(STEP_TIMEOUT)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    let status = response.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some((status, response))
}

/// Polls until there is a result, or panics after [`STEP_TIMEOUT`].
pub(crate) async fn until<T>(what: &str, mut poll: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = poll().await {
            return found;
        }
        assert!(
            start.elapsed() < STEP_TIMEOUT,
            "{what}: not within {STEP_TIMEOUT:?}"
        );
        sleep(POLL_INTERVAL).await;
    }
}
