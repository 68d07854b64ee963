//! A real Prometheus scrapes the shop and evaluates its rules: its query API returns the number of requests sent, and
//! what is recorded about the objectives and normal ranges.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../shop/main.rs"]
mod shop;

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::{interval, timeout};

/// A process that is killed on drop.
struct KilledOnDrop(Child);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The output of the shop, readable while it runs.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Output {
    /// Returns the addresses of the shop and of its management server.
    fn addresses(&self) -> Option<[String; 2]> {
        let printed = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let address = |name| {
            let line = printed.lines().find_map(|line| line.strip_prefix(name))?;
            let address = line.trim().trim_start_matches("http://").split('/').next();
            address.map(str::to_owned)
        };
        Some([address("shop ")?, address("management ")?])
    }
}

async fn get(url: &str) -> Option<(u16, String)> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let res = client.get(url.parse().unwrap()).await.ok()?;
    let status = res.status().as_u16();
    let body = res.into_body().collect().await.ok()?.to_bytes();
    Some((status, String::from_utf8(body.to_vec()).ok()?))
}

/// Starts Prometheus with rules. Returns `None` if it is not installed.
fn prometheus(folder: &Path, shop: &str, port: u16, rules: &str) -> Option<KilledOnDrop> {
    let config = folder.join("prometheus.yml");
    std::fs::write(folder.join("rules.yaml"), rules).unwrap();
    let scrape = format!(
        "global:\n  evaluation_interval: 1s\nrule_files: [rules.yaml]\nscrape_configs:\n- job_name: shop\n  scrape_interval: 1s\n  static_configs:\n  - targets: ['{shop}']\n"
    );
    std::fs::write(&config, scrape).unwrap();
    let child = Command::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match child {
        Ok(child) => Some(KilledOnDrop(child)),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "prometheus: {error}");
            println!("skipped: cannot start `prometheus` ({error})");
            None
        }
    }
}

/// Runs a query until its result is this number.
async fn wait_for_value(port: u16, query: &str, number: &str) {
    let mut last = String::from("no response");
    let result = timeout(Duration::from_secs(60), async {
        let mut interval = interval(Duration::from_millis(200));
        loop {
            interval.tick().await;
            let url = format!("http://127.0.0.1:{port}/api/v1/query?query={query}");
            if let Some((_, body)) = get(&url).await {
                let response: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
                last = response["data"]["result"][0]["value"][1].to_string();
                if last == format!("\"{number}\"") {
                    return;
                }
            }
        }
    });
    assert!(
        result.await.is_ok(),
        "{query}: got {last}, expected {number}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_returns_the_number_of_requests() {
    let output = Output::default();
    let options = ["--listen", "127.0.0.1:0", "--seconds", "120"].map(str::to_owned);
    let options = shop::Options::parse(options, |_| None).unwrap();
    let mut out = output.clone();
    let telemetry = shop::telemetry::set_up(&options).unwrap();
    let serve = shop::run(options, telemetry, &mut out);
    // Not spawned, because the future may not be `Send`.
    let mut serve = std::pin::pin!(serve);

    let test = async {
        let [address, management] = loop {
            if let Some(addresses) = output.addresses() {
                break addresses;
            }
            tokio::task::yield_now().await;
        };
        for (path, times, status) in [
            ("/catalogue", 7, 200),
            ("/nowhere", 3, 404),
            ("/fail", 2, 500),
        ] {
            for _ in 0..times {
                let (got, _) = get(&format!("http://{address}{path}"))
                    .await
                    .expect("the shop responds");
                assert_eq!(got, status, "{path}");
            }
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prometheus");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        // Prometheus cannot pick a free port itself.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let rules = get(&format!("http://{management}/slo/rules.yaml")).await;
        let (_, rules) = rules.expect("the shop has rules");
        let Some(_prometheus) = prometheus(&folder, &address, port, &rules) else {
            return;
        };
        let count = "sum(http_server_request_duration_seconds_count";
        wait_for_value(
            port,
            &format!("{count}%7Bhttp_route=%22/catalogue%22%7D)"),
            "7",
        )
        .await;
        wait_for_value(
            port,
            &format!("{count}%7Bhttp_response_status_code=%22404%22%7D)"),
            "3",
        )
        .await;
        wait_for_value(port, &format!("{count}%7Berror_type=%22500%22%7D)"), "2").await;
        wait_for_value(port, &format!("{count})"), "12").await;
        wait_for_value(port, "sum(http_server_active_requests)", "0").await;
        wait_for_value(port, "count(target_info)", "1").await;

        // The rules find the series of the shop.
        for (query, value) in [
            ("slo:objective:ratio%7Bobjective=%22orders%22%7D", "0.999"),
            ("slo:range:value%7Brange=%22active%22%7D", "0"),
            ("slo:range:outside%7Brange=%22active%22%7D", "0"),
            // There was no order.
            (
                "count(ALERTS%7Balertname=%22OrdersIndicatorAbsent%22%7D)",
                "1",
            ),
            (
                "count(ALERTS%7Balertname=%22CatalogueLatencyIndicatorAbsent%22%7D)%20or%20vector(0)",
                "0",
            ),
        ] {
            wait_for_value(port, query, value).await;
        }
    };
    tokio::select! {
        result = &mut serve => panic!("the shop exited: {result:?}"),
        () = test => {}
    }
}
