//! Exemplars on their way into a real Prometheus. Skipped where it is missing, but not in CI.
#![cfg(feature = "listener")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use gusset_core::SpanIds;
use gusset_prometheus::{Prometheus, Resource};
use metrics::{Unit, describe_histogram, histogram};

/// A Prometheus that scrapes one target. It ends with this, and its files with it.
struct Server {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
}

impl Server {
    /// None if there is no Prometheus to start.
    fn scraping(target: SocketAddr) -> Option<Self> {
        // Freed here and taken there: it cannot be told to find one and to say which.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let folder = std::env::temp_dir().join(format!("gusset-exemplars-{}", address.port()));
        fs::create_dir_all(&folder).unwrap();
        let config = format!(
            "global: {{scrape_interval: 200ms}}\n\
             scrape_configs: [{{job_name: test, static_configs: [{{targets: ['{target}']}}]}}]\n"
        );
        fs::write(folder.join("prometheus.yml"), config).unwrap();
        let child = Command::new("prometheus")
            .current_dir(&folder)
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=data")
            .arg(format!("--web.listen-address={address}"))
            .arg("--enable-feature=exemplar-storage")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match child {
            Ok(child) => Some(Self {
                child,
                folder,
                address,
            }),
            Err(_) => {
                let _ = fs::remove_dir_all(&folder);
                None
            }
        }
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let head = format!("GET {path} HTTP/1.0\r\nhost: x\r\n\r\n");
        stream.write_all(head.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn prometheus_keeps_the_exemplar_of_a_sampled_call_with_its_trace() {
    let prometheus = Prometheus::builder()
        .resource(Resource::new().with("service.name", "test"))
        .build()
        .unwrap();
    metrics::with_local_recorder(&prometheus.recorder(), || {
        describe_histogram!("waits", Unit::Seconds, "Time to wait.");
        let waits = histogram!("waits", "http.route" => "/a");
        SpanIds::new([0xab; 16], [0xcd; 8], true).scope(|| waits.record(0.3));
    });
    let page = prometheus.listener().environment(|_| None).port(0);
    let page = page.start().unwrap();
    let Some(server) = Server::scraping(page.local_addr()) else {
        assert!(
            std::env::var_os("CI").is_none(),
            "prometheus is missing, and CI must have it"
        );
        println!("SKIPPED: prometheus is missing");
        return;
    };

    let query = "/api/v1/query_exemplars?query=waits_seconds_bucket&start=0&end=9999999999";
    let found = (0..600).find_map(|_| {
        let answer = server.get(query).filter(|it| it.contains("trace_id"));
        if answer.is_none() {
            thread::park_timeout(Duration::from_millis(100));
        }
        answer
    });
    let found = found.expect("a minute is enough for a scrape");
    for part in [
        format!(r#""trace_id":"{}""#, "ab".repeat(16)),
        format!(r#""span_id":"{}""#, "cd".repeat(8)),
        r#""value":"0.3""#.to_owned(),
        r#""http_route":"/a""#.to_owned(),
        r#""le":"0.5""#.to_owned(),
    ] {
        assert!(found.contains(&part), "{part} in {found}");
    }
    let metadata = server.get("/api/v1/metadata?metric=waits_seconds").unwrap();
    for part in [
        r#""type":"histogram""#,
        r#""unit":"seconds""#,
        "Time to wait.",
    ] {
        assert!(metadata.contains(part), "{part} in {metadata}");
    }
}
