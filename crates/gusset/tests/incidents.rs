//! Incident reports of a service, which is a process of its own that is killed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use gusset::data::{SpanData, SpanSink};
use gusset::incident::{Directory, EndReason, Report, Trigger};
use tokio::net::TcpListener;

/// The folder of the service that runs in a process of its own.
const DIRECTORY: &str = "GUSSET_INCIDENT_DIRECTORY";
const CHILD: &str = "GUSSET_TEST_INCIDENT_CHILD";

/// Keeps the names and statuses of spans.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanSink for Spans {
    fn export(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }
}

/// Serves until it is killed or stopped. It prints its address, a line when the call is under way, and why the run before
/// has ended.
#[tokio::main(flavor = "current_thread")]
async fn serve() {
    let spans = Spans::default();
    let sink = spans.clone();
    let gusset = gusset::builder()
        .telemetry(move |telemetry| telemetry.spans(sink))
        .management(|management| management.port(0))
        .health(|health| health.drain_delay(std::time::Duration::ZERO))
        .init()
        .unwrap();
    let end = gusset.previous_end().map(|cause| cause.reason.as_str());
    println!("previous: {}", end.unwrap_or("clean"));
    for span in spans.0.lock().unwrap().iter() {
        println!("span: {} {:?}", span.name, span.status);
    }
    println!("management: {}", gusset.management_addr().unwrap());
    let stock = gusset.breaker("stock").unwrap();
    let wait = {
        let gusset = gusset.clone();
        async move || -> &'static str {
            stock.force_open();
            let reports = gusset.incidents().unwrap().clone();
            // The thread of the reports records transitions, and writes the calls under way.
            std::thread::spawn(move || {
                reports.detect_now();
                println!("under way");
            });
            std::future::pending().await
        }
    };
    let app = Router::new()
        .route("/wait/{id}", get(wait))
        .layer(gusset.http());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("address: {}", listener.local_addr().unwrap());
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await.unwrap();
}

struct Service {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    seen: Vec<String>,
}

// === impl Service ===

impl Service {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "killed_service_reports_its_end_at_the_next_start",
                "--nocapture",
            ])
            .env(CHILD, "1")
            .env(DIRECTORY, folder)
            .env("OTEL_SERVICE_NAME", "shop")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let seen = Vec::new();
        Self { child, lines, seen }
    }

    /// Returns the rest of the first line that begins so.
    fn line(&mut self, start: &str) -> String {
        loop {
            let line = self
                .lines
                .next()
                .expect("it prints it before it ends")
                .unwrap();
            self.seen.push(line.clone());
            if let Some((_, rest)) = line.split_once(start) {
                return rest.to_owned();
            }
        }
    }

    fn request(address: &str, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        stream
    }

    /// Stops it cleanly, and returns all lines.
    fn stop(mut self) -> Vec<String> {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(killed.success());
        assert!(self.child.wait().unwrap().success());
        self.seen.extend(self.lines.map(Result::unwrap));
        self.seen
    }
}

#[test]
fn killed_service_reports_its_end_at_the_next_start() {
    if std::env::var_os(CHILD).is_some() {
        return serve();
    }
    let folder = tempfile::tempdir().unwrap();
    let mut first = Service::start(folder.path());
    assert_eq!(first.line("previous: "), "clean");
    let address = first.line("address: ");
    let _call = Service::request(&address, "GET /wait/7");
    first.line("under way");
    let directory = Directory::new(folder.path());
    let opened = read(&directory).pop().unwrap();
    assert_eq!(opened.trigger, Trigger::BreakerOpened.as_str());
    assert_eq!(opened.detail, "breaker stock is forced_open");
    assert_eq!(opened.calls.active[0].route, "/wait/{id}");
    assert!(
        opened.calls.active[0].trace_id.is_some(),
        "the span of the call"
    );
    let names: Vec<_> = opened.sections.iter().map(|it| it.name.as_str()).collect();
    assert!(
        names.contains(&"health") && names.contains(&"breakers"),
        "{names:?}"
    );
    let breakers = &opened
        .sections
        .iter()
        .find(|it| it.name == "breakers")
        .unwrap()
        .state;
    assert!(
        breakers
            .to_string()
            .contains("stock:\n  state: forced_open\n"),
        "{breakers}"
    );
    first.child.kill().unwrap();
    first.child.wait().unwrap();

    let mut second = Service::start(folder.path());
    assert_eq!(second.line("previous: "), EndReason::Killed.as_str());
    let previous = read(&directory)
        .into_iter()
        .find(|it| it.trigger == "previous_run")
        .unwrap();
    assert!(previous.changes.iter().any(|it| it.what == "breaker stock"));
    assert_eq!(
        second.line("span: "),
        "GET /wait/{id} Error(\"the process ended\")"
    );

    let management = second.line("management: ");
    let page = std::io::read_to_string(Service::request(&management, "GET /incidents")).unwrap();
    assert!(
        page.contains("the run before has ended by killed: "),
        "{page}"
    );
    assert!(page.contains(&previous.id), "{page}");
    let metrics = std::io::read_to_string(Service::request(&management, "GET /metrics")).unwrap();
    let ends = r#"gusset_incident_unclean_ends_total{gusset_incident_end_reason="killed"} 1"#;
    assert!(metrics.contains(ends), "{metrics}");
    second.line("address: ");
    let lines = second.stop();
    let mut entries = lines.iter().filter(|line| line.starts_with('{'));
    let states_it = |line: &String| line.contains("the run has ended uncleanly, by killed: ");
    assert!(
        entries.by_ref().take(3).any(states_it),
        "one of the first log entries states it: {lines:?}"
    );
    let interrupted = "the end of the process interrupted GET /wait/{id}";
    assert!(entries.any(|line| line.contains(interrupted)), "{lines:?}");

    let mut third = Service::start(folder.path());
    assert_eq!(
        third.line("previous: "),
        "clean",
        "a shutdown is not reported"
    );
    third.line("address: ");
    third.stop();
}

fn read(directory: &Directory) -> Vec<Report> {
    let reports = directory.reports();
    let read = reports
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap());
    read.map(|json| Report::from_json(&json).unwrap()).collect()
}

#[tokio::test]
async fn nothing_is_kept_without_a_folder() {
    let gusset = gusset::builder()
        .management(|management| management.port(0))
        .build_with(|_| None)
        .unwrap();
    assert!(gusset.incidents().is_none() && gusset.previous_end().is_none());
    let address = gusset.management_addr().unwrap().to_string();
    let page = tokio::task::spawn_blocking(move || {
        std::io::read_to_string(Service::request(&address, "GET /incidents")).unwrap()
    });
    assert!(page.await.unwrap().starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn folder_that_cannot_be_written_does_not_stop_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let gusset = gusset::builder()
        .incidents(file.join("incidents"))
        .without_management()
        .build_with(|_| None)
        .unwrap();
    let reports = gusset.incidents().unwrap();
    let captured = reports.capture(Trigger::Manual, "test").unwrap();
    assert_eq!((captured.delivered.len(), captured.failed), (0, 1));
}
