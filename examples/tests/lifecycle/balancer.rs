//! A rolling restart of three shops behind a real HAProxy, under load.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::load::Clients;
use crate::process::{Process, Shop, example, get, until};

/// A running HAProxy.
struct Balancer {
    _process: Process,
    address: SocketAddr,
    stats: SocketAddr,
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// Returns a configuration that checks `/readyz` of each shop, and removes a shop after `fall` failures.
/// There are no retries, so a request to a shop that has exited is lost.
fn config(
    address: SocketAddr,
    stats: SocketAddr,
    shops: &[Shop],
    interval_millis: u32,
    fall: u32,
) -> String {
    let mut config = format!(
        "defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout check 5s
  retries 0
  option http-server-close
listen shop
  bind {address}
  balance roundrobin
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr host shop
  http-check expect status 200
  default-server check inter {interval_millis}ms fall {fall} rise 1
"
    );
    for (index, shop) in shops.iter().enumerate() {
        writeln!(config, "  server shop{index} {}", shop.address).unwrap();
    }
    let stats = format!("listen stats\n  bind {stats}\n  stats enable\n  stats uri /\n");
    config + &stats
}

impl Balancer {
    /// Starts HAProxy. Returns `None` if it is not installed.
    async fn start(name: &str, shops: &[Shop], interval_millis: u32, fall: u32) -> Option<Self> {
        let status = Command::new("haproxy")
            .arg("-v")
            .stdout(Stdio::null())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            assert!(std::env::var_os("CI").is_none(), "CI requires `haproxy`");
            println!("skipped: `haproxy` is not installed");
            return None;
        }
        let (address, stats) = (free_address(), free_address());
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.cfg"));
        std::fs::write(&file, config(address, stats, shops, interval_millis, fall)).unwrap();
        let mut command = Command::new("haproxy");
        // In the foreground, without output.
        command
            .arg("-db")
            .arg("-q")
            .arg("-f")
            .arg(&file)
            .stderr(Stdio::null());
        let process = Process::start(&mut command).unwrap();
        let this = Self {
            _process: process,
            address,
            stats,
        };
        this.wait_until_up(shops.len()).await;
        Some(this)
    }

    /// Returns the number of shops that are up and have passed a check.
    fn count_up(&self) -> Option<usize> {
        let (_, csv) = get(self.stats, "/;csv")?;
        let rows = csv.lines().filter(|row| row.starts_with("shop,shop"));
        // The columns `status` and `check_status`.
        let is_up = |row: &&str| {
            let columns: Vec<_> = row.split(',').collect();
            columns.get(17) == Some(&"UP")
                && columns.get(36).is_some_and(|check| check.contains("L7OK"))
        };
        Some(rows.filter(is_up).count())
    }

    async fn wait_until_up(&self, shops: usize) {
        until("all shops are up", async || {
            (self.count_up() == Some(shops)).then_some(())
        })
        .await;
    }
}

async fn start_three(drain: &str) -> Vec<Shop> {
    let mut shops = Vec::new();
    for _ in 0..3 {
        shops.push(Shop::start(&["--drain", drain, "--deadline", "10"]).await);
    }
    shops
}

/// Stops a shop with SIGTERM, and starts another at the same address.
async fn restart(shop: &mut Shop, drain: &str) {
    shop.process.terminate();
    assert_eq!(
        shop.process.exit_status().await.code(),
        Some(0),
        "{}",
        shop.process.stderr()
    );
    let address = shop.address.to_string();
    let mut command = Command::new(example("shop"));
    command.args(["--listen", &address, "--management", "127.0.0.1:0"]);
    command.args(["--drain", drain, "--deadline", "10"]);
    *shop = Shop::start_command(&mut command).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolling_restart_with_drain_loses_no_request() {
    let mut shops = start_three("5").await;
    let Some(balancer) = Balancer::start("drain", &shops, 200, 1).await else {
        return;
    };
    let paths = &["/catalogue", "/slow?millis=200", "/export?rows=500"];
    let mut clients = Clients::start(balancer.address, 8, paths);
    for shop in &mut shops {
        let before = clients.succeeded();
        restart(shop, "5").await;
        balancer.wait_until_up(3).await;
        // The new shop handles requests before the next one restarts.
        until("requests succeed", async || {
            (clients.succeeded() > before + 50).then_some(())
        })
        .await;
    }
    let first_failure = clients.stop().await;
    println!(
        "{} requests, {} failed",
        clients.succeeded() + clients.failed(),
        clients.failed()
    );
    assert_eq!((clients.failed(), first_failure), (0, None));
}

/// Shows why there is a drain delay: without it, the listener closes before the load balancer notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restart_without_drain_loses_requests() {
    let mut shops = start_three("0").await;
    // With these checks, HAProxy does not notice before the requests below.
    let Some(balancer) = Balancer::start("no-drain", &shops, 5000, 3).await else {
        return;
    };
    let stopped = &mut shops[0];
    stopped.process.terminate();
    assert_eq!(
        stopped.process.exit_status().await.code(),
        Some(0),
        "the shop finished its own requests"
    );
    // HAProxy sends one in three requests to the stopped shop.
    let statuses: Vec<_> = (0..9)
        .map(|_| get(balancer.address, "/catalogue").map(|(status, _)| status))
        .collect();
    let lost = statuses
        .iter()
        .filter(|status| **status != Some(200))
        .count();
    println!("{lost} of {} requests lost", statuses.len());
    assert!(lost > 0, "{statuses:?}");
}
