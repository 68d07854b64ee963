//! A Prometheus server stores the exemplars. Skipped if it is missing, except in CI.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::Thread;
use std::time::Duration;
use std::{fs, thread};

use gusset_core::SpanIds;
use gusset_http::{Endpoint as _, RequestHead};
use gusset_prometheus::{PrometheusExporter, Resource, ScrapeEndpoint};
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt as _;
use metrics::{Unit, describe_histogram, histogram};

/// Polls a future on this thread until it is ready.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// Serves the endpoint on a thread that runs until the process exits.
fn serve(endpoint: ScrapeEndpoint) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // Prometheus may close a connection early, which must not stop the server.
            let _ = respond(&endpoint, stream.unwrap());
        }
    });
    address
}

/// Answers one request, and closes the connection.
fn respond(endpoint: &ScrapeEndpoint, mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Request::new(());
    for line in BufReader::new(&stream).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            let name: HeaderName = name.parse().unwrap();
            let value: HeaderValue = value.parse().unwrap();
            request.headers_mut().append(name, value);
        }
    }
    let (parts, body) = block_on(endpoint.answer(RequestHead::from(&request))).into_parts();
    let Ok(body) = block_on(body.collect());
    write!(stream, "HTTP/1.1 {}\r\nconnection: close\r\n", parts.status)?;
    for (name, value) in &parts.headers {
        write!(stream, "{name}: {}\r\n", value.to_str().unwrap())?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&body.to_bytes())
}

/// A Prometheus server that scrapes one target. Dropping it stops the process and deletes its files.
struct Server {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
}

impl Server {
    /// Starts a server. Returns `None` if Prometheus is not installed.
    fn scraping(target: SocketAddr) -> Option<Self> {
        // The port is freed and then bound by Prometheus, which does not report a port that it chose.
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
        let request = format!("GET {path} HTTP/1.0\r\nhost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut response = String::new();
        stream.read_to_string(&mut response).ok()?;
        Some(response)
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
fn prometheus_stores_exemplars() {
    let prometheus = PrometheusExporter::builder()
        .resource(Resource::new().with("service.name", "test"))
        .build()
        .unwrap();
    metrics::with_local_recorder(&prometheus.recorder(), || {
        describe_histogram!("waits", Unit::Seconds, "Time waited.");
        let waits = histogram!("waits", "http.route" => "/a");
        SpanIds::new([0xab; 16], [0xcd; 8], true).scope(|| waits.record(0.3));
    });
    let Some(server) = Server::scraping(serve(prometheus.endpoint())) else {
        assert!(
            std::env::var_os("CI").is_none(),
            "prometheus is missing, and CI must have it"
        );
        println!("SKIPPED: prometheus is missing");
        return;
    };

    let query = "/api/v1/query_exemplars?query=waits_seconds_bucket&start=0&end=9999999999";
    let found = (0..600).find_map(|_| {
        let response = server.get(query).filter(|it| it.contains("trace_id"));
        if response.is_none() {
            thread::park_timeout(Duration::from_millis(100));
        }
        response
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
        "Time waited.",
    ] {
        assert!(metadata.contains(part), "{part} in {metadata}");
    }
}
