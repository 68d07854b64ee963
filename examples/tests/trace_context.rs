//! The service fulfils the contract of the W3C's test suite, over real connections.

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../trace_context.rs"]
mod trace_context;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, Uri};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const TRACE_ID: &str = "12345678901234567890123456789012";
const TRACEPARENT: &str = "00-12345678901234567890123456789012-1234567890123456-01";

type Calls = Arc<Mutex<Vec<(String, HeaderMap)>>>;

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Sends a request with these raw header lines. Returns the two calls that the service makes.
async fn calls(lines: &[&str]) -> Vec<(String, HeaderMap)> {
    let calls = Calls::default();
    let recorded = calls.clone();
    let remote = Router::new().fallback(move |uri: Uri, headers: HeaderMap| async move {
        let call = (uri.path().to_owned(), headers);
        recorded.lock().expect("no panic").push(call);
        "null"
    });
    let remote = serve(remote).await;
    let service = serve(trace_context::app().expect("the service builds")).await;

    let call = |path: &str| format!("{{\"url\": \"http://{remote}/{path}\", \"arguments\": []}}");
    let body = format!("[{}, {}]", call("first"), call("second"));
    let start =
        "POST /test HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close";
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let request = format!("{start}\r\nContent-Length: {length}\r\n{lines}\r\n{body}");
    let mut socket = TcpStream::connect(service)
        .await
        .expect("the service listens");
    socket
        .write_all(request.as_bytes())
        .await
        .expect("the request is sent");
    let mut response = String::new();
    socket
        .read_to_string(&mut response)
        .await
        .expect("the service responds");
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");

    // The calls are made before the response, and in order.
    let calls = std::mem::take(&mut *calls.lock().expect("no panic"));
    let paths: Vec<&str> = calls.iter().map(|(path, _)| &**path).collect();
    assert_eq!(paths, ["/first", "/second"]);
    calls
}

/// Returns the trace id and `tracestate` of the calls, which are two spans of one trace.
async fn trace(lines: &[&str]) -> (String, Option<String>) {
    let calls = calls(lines).await;
    let field = |call: usize, range: std::ops::Range<usize>| {
        let mut parents = calls[call].1.get_all("traceparent").iter();
        let parent = parents.next().expect("there is a traceparent");
        assert!(parents.next().is_none(), "only one traceparent");
        parent.to_str().expect("it is ASCII")[range].to_owned()
    };
    assert_eq!(field(0, 3..35), field(1, 3..35));
    assert_ne!(field(0, 36..52), field(1, 36..52));
    let state = calls[0].1.get("tracestate");
    let state = state.map(|state| state.to_str().expect("it is ASCII").to_owned());
    (field(0, 3..35), state)
}

#[tokio::test]
async fn header_case_and_whitespace_are_ignored() {
    for line in ["traceparent: ", "TrAcEpArEnT:\t ", "TRACEPARENT:"] {
        let (trace, state) = trace(&[&format!("{line}{TRACEPARENT} \t")]).await;
        assert_eq!((&*trace, state), (TRACE_ID, None));
    }
}

#[tokio::test]
async fn tracestate_lines_are_combined() {
    let parent = format!("traceparent: {TRACEPARENT}");
    let lines = [
        &*parent,
        "tracestate: foo=1 ,\tbar=2",
        "TraceState:",
        "tracestate: baz=3",
    ];
    let (trace, state) = trace(&lines).await;
    assert_eq!(trace, TRACE_ID);
    assert_eq!(state.as_deref(), Some("foo=1,bar=2,baz=3"));
}

#[tokio::test]
async fn invalid_traceparent_starts_a_new_trace() {
    let twice = format!("traceparent: {TRACEPARENT}\r\ntraceparent: {TRACEPARENT}");
    let long = format!("traceparent: {TRACEPARENT}-");
    for line in [twice, long, format!("trace.parent: {TRACEPARENT}")] {
        let (trace, state) = trace(&[&line, "tracestate: foo=1"]).await;
        assert_ne!(trace, TRACE_ID, "{line}");
        assert_eq!(state, None);
    }
}
