//! The container, and what is sent to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use super::Failure;

/// What a kubelet allows for an answer, unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A shop, which is killed with this.
pub(crate) struct Pod {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) management: SocketAddr,
}

/// A request each twenty milliseconds, each on a connection of its own.
pub(crate) struct Traffic {
    stop: oneshot::Sender<()>,
    sending: JoinHandle<(usize, usize)>,
}

// === impl Pod ===

impl Pod {
    /// Starts the shop that lies beside this program.
    pub(crate) fn start(drain: &str) -> Result<Self, Failure> {
        let shop = std::env::current_exe()?.with_file_name("shop");
        let child = Command::new(&shop)
            .args(["--listen", "127.0.0.1:0", "--drain", drain])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}; build the examples first", shop.display()))?;
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Ok(Self {
            child,
            address: nowhere,
            management: nowhere,
        })
    }

    /// Reads where it listens. A cluster knows that by its manifest.
    pub(crate) async fn find(&mut self) -> Result<(), Failure> {
        let out = self.child.stderr.take().ok_or("it was found before")?;
        let mut lines = BufReader::new(out).lines();
        while let Some(line) = lines.next_line().await? {
            let said = |what: &str| {
                let address = line.strip_prefix(what)?.trim().strip_prefix("http://")?;
                address.split('/').next()?.parse().ok()
            };
            if let Some(address) = said("the shop") {
                self.address = address;
            }
            if let Some(address) = said("its probes") {
                self.management = address;
                // What else it says is of no interest, and must not hold it up.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(());
            }
        }
        Err("it ended before it said where it is".into())
    }

    pub(crate) fn terminate(&self) -> Result<(), Failure> {
        let id = self.child.id().ok_or("it has ended")?.to_string();
        let kill = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status()?;
        kill.success()
            .then_some(())
            .ok_or("it cannot be told to end".into())
    }

    pub(crate) async fn ended(&mut self) -> Result<Option<i32>, Failure> {
        Ok(self.child.wait().await?.code())
    }

    pub(crate) async fn kill(&mut self) -> Result<(), Failure> {
        Ok(self.child.kill().await?)
    }
}

// === impl Traffic ===

impl Traffic {
    pub(crate) fn send(to: SocketAddr) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let sending = tokio::spawn(async move {
            let (mut sent, mut lost) = (0, 0);
            let mut pace = interval(Duration::from_millis(20));
            while stopped.try_recv().is_err() {
                pace.tick().await;
                sent += 1;
                lost += usize::from(get(to, "/catalogue").await != Some(200));
            }
            (sent, lost)
        });
        Self { stop, sending }
    }

    /// How many requests were sent, and how many of them were lost.
    pub(crate) async fn stop(self) -> (usize, usize) {
        let _ = self.stop.send(());
        self.sending.await.unwrap_or_default()
    }
}

/// The status of an answer that came whole and in time.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Option<u16> {
    let asked = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: kube-probe/1.33\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    };
    timeout(TIMEOUT, asked).await.ok()?
}
