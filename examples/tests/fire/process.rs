//! A shop in a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// No step of a test takes longer, on whatever machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// An example, as `cargo test` built it.
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

/// Ended with the test, however it ends.
pub(crate) struct Process {
    child: Child,
    printed: Arc<Mutex<String>>,
    logged: Arc<Mutex<String>>,
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
            printed: keep(child.stderr.take().unwrap()),
            logged: keep(child.stdout.take().unwrap()),
            child,
        })
    }

    /// The lines of its log.
    #[allow(dead_code, reason = "not every test looks at them")]
    pub(crate) fn logged(&self) -> String {
        self.logged.lock().unwrap().clone()
    }

    /// What it says to whoever started it.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// Once, and not waited for.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status();
        assert!(kill.unwrap().success());
    }

    /// How it ended; all that it printed is known then.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let status = until("it ends", async || self.child.try_wait().unwrap()).await;
        until("its last words", async || {
            let [printed, logged] = [&self.printed, &self.logged].map(Arc::strong_count);
            (printed == 1 && logged == 1).then_some(())
        })
        .await;
        status
    }
}

/// Keeps the lines that are read there, while this goes on.
fn keep(from: impl std::io::Read + Send + 'static) -> Arc<Mutex<String>> {
    let kept = Arc::new(Mutex::new(String::new()));
    let keeper = kept.clone();
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            *keeper.lock().unwrap() += &(line + "\n");
        }
    });
    kept
}

pub(crate) struct Shop {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) management: SocketAddr,
}

impl Shop {
    pub(crate) async fn start(args: &[&str]) -> Self {
        Self::started(
            Command::new(example("shop"))
                .args(["--listen", "127.0.0.1:0"])
                .args(args),
        )
        .await
    }

    /// With the command as it is.
    pub(crate) async fn started(command: &mut Command) -> Self {
        let mut process = Process::start(command).unwrap();
        let said = |printed: &str, what: &str| -> Option<SocketAddr> {
            let rest = printed.lines().find_map(|line| line.strip_prefix(what))?;
            let rest = rest.trim().strip_prefix("http://")?;
            rest.split('/').next()?.parse().ok()
        };
        let addresses = until("the shop says where it is", async || {
            let ended = process.child.try_wait().unwrap();
            assert_eq!(ended, None, "{}", process.printed());
            let printed = process.printed();
            // The last line of what it says first.
            printed.contains("ends it.").then_some(())?;
            said(&printed, "the shop").zip(said(&printed, "its probes"))
        });
        let (address, management) = addresses.await;
        Self {
            process,
            address,
            management,
        }
    }

    /// The status of a probe on the management listener; `None` if nobody listens.
    pub(crate) fn probe(&self, path: &str) -> Option<u16> {
        get(self.management, path).map(|(status, _)| status)
    }

    /// Waits until so many calls are under way.
    pub(crate) async fn in_flight(&self, calls: usize) {
        let wanted = format!("\"inFlight\":{calls},");
        until(&wanted, async || {
            let (_, body) = get(self.management, "/healthz")?;
            body.contains(&wanted).then_some(())
        })
        .await;
    }
}

/// Asks on a connection of its own. `None` if nobody listens; a connection that is taken and not
/// answered is none either.
pub(crate) fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(LONG)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some((status, answer))
}

/// Looks again and again, until there is something; for no longer than anything may take.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < LONG, "{what}: not within {LONG:?}");
        sleep(Duration::from_millis(10)).await;
    }
}
