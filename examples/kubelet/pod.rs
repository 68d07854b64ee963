//! The container, and the requests that are sent to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use super::BoxError;

/// The default `timeoutSeconds` of Kubernetes' probes.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);
const REQUEST_INTERVAL: Duration = Duration::from_millis(20);

/// A process of the shop, which is killed on drop.
pub(crate) struct Pod {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) management: SocketAddr,
}

/// A request every [`REQUEST_INTERVAL`], each on a new connection.
pub(crate) struct Traffic {
    stop: oneshot::Sender<()>,
    task: JoinHandle<(usize, usize)>,
}

// === impl Pod ===

impl Pod {
    /// Starts the shop, whose program is next to this one.
    pub(crate) fn start(drain: &str) -> Result<Self, BoxError> {
        let shop = std::env::current_exe()?.with_file_name("shop");
        let child = Command::new(&shop)
            .args(["--listen", "127.0.0.1:0", "--drain", drain])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                format!(
                    "cannot start {}: {error}; run `cargo build --examples` first",
                    shop.display()
                )
            })?;
        let unknown = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Ok(Self {
            child,
            address: unknown,
            management: unknown,
        })
    }

    /// Reads the addresses from the output. In a cluster, they are in the manifest.
    pub(crate) async fn read_addresses(&mut self) -> Result<(), BoxError> {
        let output = self.child.stderr.take().ok_or("the output is taken")?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            let parse = |name: &str| {
                let address = line.strip_prefix(name)?.trim().strip_prefix("http://")?;
                address.split('/').next()?.parse().ok()
            };
            if let Some(address) = parse("shop ") {
                self.address = address;
            }
            if let Some(address) = parse("management ") {
                self.management = address;
                // Reads the rest too, so that the pipe does not fill up and block the shop.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(());
            }
        }
        Err("the shop exited before it printed its addresses".into())
    }

    pub(crate) fn terminate(&self) -> Result<(), BoxError> {
        let id = self.child.id().ok_or("the shop has exited")?.to_string();
        let kill = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status()?;
        kill.success()
            .then_some(())
            .ok_or("cannot send SIGTERM".into())
    }

    pub(crate) async fn exit_code(&mut self) -> Result<Option<i32>, BoxError> {
        Ok(self.child.wait().await?.code())
    }

    pub(crate) async fn kill(&mut self) -> Result<(), BoxError> {
        Ok(self.child.kill().await?)
    }
}

// === impl Traffic ===

impl Traffic {
    pub(crate) fn start(address: SocketAddr) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let (mut sent, mut lost) = (0, 0);
            let mut interval = interval(REQUEST_INTERVAL);
            while stopped.try_recv().is_err() {
                interval.tick().await;
                sent += 1;
                lost += usize::from(get(address, "/catalogue").await != Some(200));
            }
            (sent, lost)
        });
        Self { stop, task }
    }

    /// Stops, and returns how many requests were sent and how many of them were lost.
    pub(crate) async fn stop(self) -> (usize, usize) {
        let _ = self.stop.send(());
        self.task.await.unwrap_or_default()
    }
}

/// Sends a request. Returns the status if the whole response arrived in time.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Option<u16> {
    let status = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: kube-probe/1.33\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut response = String::new();
        stream.read_to_string(&mut response).await.ok()?;
        response.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    };
    timeout(RESPONSE_TIMEOUT, status).await.ok()?
}
