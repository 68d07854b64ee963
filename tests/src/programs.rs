//! Servers of other projects, each in a process of its own.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The limit of each step, also on a slow machine.
pub const STEP_TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// The number of starts until a process has its ports: others can take a port that was free.
const MAX_STARTS: usize = 5;

/// Returns the path of a server: `variable` names it, or else `cargo xtask test` has built it as
/// `target/tools/go/<name>`.
///
/// Prints that the test is skipped if there is none. In a CI (`CI` is set), that is a failure.
pub fn find(variable: &str, name: &str) -> Option<PathBuf> {
    let is_set = |value: &OsString| !value.is_empty();
    if let Some(program) = std::env::var_os(variable).filter(is_set) {
        return Some(program.into());
    }
    // A test is in `target/debug/deps`.
    let test = std::env::current_exe().expect("a test has a path");
    let target = test.ancestors().nth(3).expect("a target folder");
    let built = target.join("tools/go").join(name);
    if built.exists() {
        return Some(built);
    }
    assert!(
        !std::env::var_os("CI").as_ref().is_some_and(is_set),
        "CI requires {name}, which `cargo xtask test` builds"
    );
    println!(
        "SKIPPED: {name} is missing; `cargo xtask test --all` builds it, or `{variable}` names one"
    );
    None
}

/// Polls until there is a result, or panics after [`STEP_TIMEOUT`].
pub async fn until<T>(what: &str, mut poll: impl AsyncFnMut() -> Option<T>) -> T {
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

/// A folder that is deleted on drop.
#[derive(Debug)]
pub struct TempFolder(PathBuf);

// === impl TempFolder ===

impl TempFolder {
    /// Creates an empty folder, which no other test has.
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("gusset-{name}-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the folder for temporary files is writable");
        Self(path)
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, and returns its path.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).expect("the folder is writable");
        path
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

type MakeCommand = Arc<dyn Fn(&[SocketAddr], &TempFolder) -> Command + Send + Sync>;

/// A server in a process of its own, which is killed on drop.
pub struct Program {
    child: Child,
    addresses: Vec<SocketAddr>,
    command: MakeCommand,
    // Dropped after the process has ended.
    folder: TempFolder,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            child, addresses, ..
        } = self;
        let mut debug = f.debug_struct("Program");
        debug.field("id", &child.id());
        debug.field("addresses", addresses).finish()
    }
}

// === impl Program ===

impl Program {
    /// Starts a process, and waits until it listens on each of `ports` free ports.
    ///
    /// `command` receives the addresses, and an empty folder for files.
    pub async fn start(
        name: &str,
        ports: usize,
        command: impl Fn(&[SocketAddr], &TempFolder) -> Command + Send + Sync + 'static,
    ) -> Self {
        let command: MakeCommand = Arc::new(command);
        for _ in 0..MAX_STARTS {
            let folder = TempFolder::new(name);
            let addresses = free_addresses(ports);
            let child = spawn(command(&addresses, &folder), &folder);
            let mut program = Self {
                child,
                addresses,
                command: Arc::clone(&command),
                folder,
            };
            if program.listens().await {
                return program;
            }
            eprintln!("{name} ended: {}", program.output());
        }
        panic!("{name} does not start");
    }

    /// Returns the address of a port, in the order of the command.
    pub fn addr(&self, index: usize) -> SocketAddr {
        self.addresses[index]
    }

    /// Returns what the process has printed.
    pub fn output(&self) -> String {
        fs::read_to_string(self.folder.path().join("output")).unwrap_or_default()
    }

    /// Kills the process, as a crash would, and waits for its end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts a killed process on the same ports, and waits until it listens.
    pub async fn start_again(&mut self) {
        // A connection of a client may have a port for a moment.
        for _ in 0..MAX_STARTS {
            self.kill();
            self.child = spawn((self.command)(&self.addresses, &self.folder), &self.folder);
            if self.listens().await {
                return;
            }
        }
        panic!("the process does not start again: {}", self.output());
    }

    /// Waits until the process listens. Returns false if it ends instead.
    async fn listens(&mut self) -> bool {
        let Self {
            child, addresses, ..
        } = self;
        until("a process listens", async || {
            if child.try_wait().expect("it is a child").is_some() {
                return Some(false);
            }
            addresses.iter().all(accepts).then_some(true)
        })
        .await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("output of the process: {}", self.output());
        }
    }
}

fn spawn(mut command: Command, folder: &TempFolder) -> Child {
    let output = File::options()
        .create(true)
        .append(true)
        .open(folder.path().join("output"))
        .expect("the folder is writable");
    command
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("a file can be shared"))
        .stderr(output);
    let spawned = command.spawn();
    spawned.unwrap_or_else(|error: io::Error| panic!("{command:?}: {error}"))
}

/// Returns free addresses, which are different because all are bound at the same time.
fn free_addresses(count: usize) -> Vec<SocketAddr> {
    let listen = || TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let listeners: Vec<_> = (0..count).map(|_| listen()).collect();
    let addr = |listener: &TcpListener| listener.local_addr().expect("it is bound");
    listeners.iter().map(addr).collect()
}

fn accepts(address: &SocketAddr) -> bool {
    // A connection to a free port can be one to itself.
    TcpStream::connect(address).is_ok_and(|stream| {
        let (local, peer) = (stream.local_addr(), stream.peer_addr());
        local.ok() != peer.ok()
    })
}
