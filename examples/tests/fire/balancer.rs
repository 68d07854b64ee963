//! Three shops behind a real HAProxy, restarted one after another under load.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::load::Callers;
use crate::process::{Process, Shop, example, get, until};

/// HAProxy, and where it listens.
struct Balancer {
    _process: Process,
    address: SocketAddr,
    page: SocketAddr,
}

fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// It asks each shop for `/readyz` so often, in milliseconds, and takes it out after so many answers
/// that are not 200. It tries nothing twice: a call that it sends to a shop that is gone is lost.
fn config(address: SocketAddr, page: SocketAddr, shops: &[Shop], every: u32, fall: u32) -> String {
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
  default-server check inter {every}ms fall {fall} rise 1
"
    );
    for (at, shop) in shops.iter().enumerate() {
        writeln!(config, "  server shop{at} {}", shop.address).unwrap();
    }
    let page = format!("listen page\n  bind {page}\n  stats enable\n  stats uri /\n");
    config + &page
}

impl Balancer {
    /// `None`, and a word, if there is no HAProxy.
    async fn start(name: &str, shops: &[Shop], every: u32, fall: u32) -> Option<Self> {
        let there = Command::new("haproxy")
            .arg("-v")
            .stdout(Stdio::null())
            .status();
        if !there.is_ok_and(|status| status.success()) {
            assert!(
                std::env::var_os("CI").is_none(),
                "there is no `haproxy`, and CI must have it"
            );
            println!("skipped: there is no `haproxy` here");
            return None;
        }
        let (address, page) = (free(), free());
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.cfg"));
        std::fs::write(&file, config(address, page, shops, every, fall)).unwrap();
        let mut command = Command::new("haproxy");
        // In the foreground, and quiet.
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
            page,
        };
        this.all_up(shops.len()).await;
        Some(this)
    }

    /// How many shops it takes for good: checked, and not only believed.
    fn up(&self) -> Option<usize> {
        let (_, page) = get(self.page, "/;csv")?;
        let rows = page.lines().filter(|row| row.starts_with("shop,shop"));
        // Status, and what the last check found.
        let good = |row: &&str| {
            let columns: Vec<_> = row.split(',').collect();
            columns.get(17) == Some(&"UP")
                && columns.get(36).is_some_and(|check| check.contains("L7OK"))
        };
        Some(rows.filter(good).count())
    }

    async fn all_up(&self, shops: usize) {
        until("all shops are up", async || {
            (self.up() == Some(shops)).then_some(())
        })
        .await;
    }
}

async fn three(drain: &str) -> Vec<Shop> {
    let mut shops = Vec::new();
    for _ in 0..3 {
        shops.push(Shop::start(&["--drain", drain, "--deadline", "10"]).await);
    }
    shops
}

/// Ends a shop as a platform does, and starts its successor at the same address.
async fn restart(shop: &mut Shop, drain: &str) {
    shop.process.terminate();
    assert_eq!(
        shop.process.ended().await.code(),
        Some(0),
        "{}",
        shop.process.printed()
    );
    let address = shop.address.to_string();
    let mut command = Command::new(example("shop"));
    command.args(["--listen", &address, "--management", "127.0.0.1:0"]);
    command.args(["--drain", drain, "--deadline", "10"]);
    *shop = Shop::started(&mut command).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shops_that_drain_are_restarted_one_after_another_and_no_call_fails() {
    let mut shops = three("5").await;
    let Some(balancer) = Balancer::start("drain", &shops, 200, 1).await else {
        return;
    };
    let pages = &["/catalogue", "/slow?millis=200", "/export?rows=500"];
    let mut callers = Callers::new(balancer.address, 8, pages);
    for shop in &mut shops {
        let before = callers.good();
        restart(shop, "5").await;
        balancer.all_up(3).await;
        // The new one has its share of the load before the next goes.
        until("the load goes on", async || {
            (callers.good() > before + 50).then_some(())
        })
        .await;
    }
    let first = callers.stop().await;
    println!(
        "{} calls, {} failed",
        callers.good() + callers.bad(),
        callers.bad()
    );
    assert_eq!((callers.bad(), first), (0, None));
}

/// Why there is a drain delay: the listener of a shop without one is closed long before anybody who
/// sends to it knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_does_not_drain_loses_what_is_sent_to_it_until_the_balancer_knows() {
    let mut shops = three("0").await;
    // It is not to know before this test has asked.
    let Some(balancer) = Balancer::start("no-drain", &shops, 5000, 3).await else {
        return;
    };
    let gone = &mut shops[0];
    gone.process.terminate();
    assert_eq!(
        gone.process.ended().await.code(),
        Some(0),
        "of its own calls it lost none"
    );
    // One in three goes to it, as long as it counts as up.
    let answers: Vec<_> = (0..9)
        .map(|_| get(balancer.address, "/catalogue").map(|(status, _)| status))
        .collect();
    let lost = answers
        .iter()
        .filter(|status| **status != Some(200))
        .count();
    println!("{lost} of {} calls lost", answers.len());
    assert!(lost > 0, "{answers:?}");
}
