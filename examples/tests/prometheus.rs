//! A real Prometheus scrapes the shop, and its query API returns the number of requests sent.
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
    fn address(&self) -> Option<String> {
        let printed = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let line = printed
            .lines()
            .find_map(|line| line.strip_prefix("shop "))?;
        Some(line.trim().trim_start_matches("http://").to_owned())
    }
}

async fn get(url: &str) -> Option<(u16, String)> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let res = client.get(url.parse().unwrap()).await.ok()?;
    let status = res.status().as_u16();
    let body = res.into_body().collect().await.ok()?.to_bytes();
    Some((status, String::from_utf8(body.to_vec()).ok()?))
}

/// Starts Prometheus. Returns `None` if it is not installed.
fn prometheus(folder: &Path, shop: &str, port: u16) -> Option<KilledOnDrop> {
    let config = folder.join("prometheus.yml");
    let scrape = format!(
        "scrape_configs:\n- job_name: shop\n  scrape_interval: 1s\n  static_configs:\n  - targets: ['{shop}']\n"
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
        let address = loop {
            if let Some(address) = output.address() {
                break address;
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
        let Some(_prometheus) = prometheus(&folder, &address, port) else {
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
    };
    tokio::select! {
        result = &mut serve => panic!("the shop exited: {result:?}"),
        () = test => {}
    }
}
