//! The service of the example, under the contract of the W3C's suite, over real connections.

#[allow(dead_code, reason = "its `main` is not called here")]
#[path = "../trace_context.rs"]
mod trace_context;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, Uri};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const TRACE: &str = "12345678901234567890123456789012";
const VALID: &str = "00-12345678901234567890123456789012-1234567890123456-01";

type Calls = Arc<Mutex<Vec<(String, HeaderMap)>>>;

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// What the service sends to two URLs when it receives these lines, which are on the wire as they are.
async fn calls(lines: &[&str]) -> Vec<(String, HeaderMap)> {
    let calls = Calls::default();
    let seen = calls.clone();
    let remote = Router::new().fallback(move |uri: Uri, headers: HeaderMap| async move {
        let call = (uri.path().to_owned(), headers);
        seen.lock().expect("nobody panics").push(call);
        "null"
    });
    let remote = serve(remote).await;
    let service = serve(trace_context::app().expect("a service")).await;

    let call = |path: &str| format!("{{\"url\": \"http://{remote}/{path}\", \"arguments\": []}}");
    let body = format!("[{}, {}]", call("first"), call("second"));
    let head =
        "POST /test HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close";
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let request = format!("{head}\r\nContent-Length: {length}\r\n{lines}\r\n{body}");
    let mut socket = TcpStream::connect(service).await.expect("a connection");
    socket.write_all(request.as_bytes()).await.expect("written");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    // Before the answer, and in their order.
    let calls = std::mem::take(&mut *calls.lock().expect("nobody panics"));
    let paths: Vec<&str> = calls.iter().map(|(path, _)| &**path).collect();
    assert_eq!(paths, ["/first", "/second"]);
    calls
}

/// The traces that both calls are in, which have to be one, under two spans; and their state.
async fn trace(lines: &[&str]) -> (String, Option<String>) {
    let calls = calls(lines).await;
    let field = |call: usize, range: std::ops::Range<usize>| {
        let mut parents = calls[call].1.get_all("traceparent").iter();
        let parent = parents.next().expect("a traceparent");
        assert!(parents.next().is_none(), "one traceparent");
        parent.to_str().expect("digits")[range].to_owned()
    };
    assert_eq!(field(0, 3..35), field(1, 3..35));
    assert_ne!(field(0, 36..52), field(1, 36..52));
    let state = calls[0].1.get("tracestate");
    let state = state.map(|state| state.to_str().expect("members").to_owned());
    (field(0, 3..35), state)
}

#[tokio::test]
async fn a_trace_goes_on_whatever_the_case_and_the_space_of_its_headers() {
    for line in ["traceparent: ", "TrAcEpArEnT:\t ", "TRACEPARENT:"] {
        let (trace, state) = trace(&[&format!("{line}{VALID} \t")]).await;
        assert_eq!((&*trace, state), (TRACE, None));
    }
}

#[tokio::test]
async fn the_state_is_put_together_from_all_its_lines() {
    let parent = format!("traceparent: {VALID}");
    let lines = [
        &*parent,
        "tracestate: foo=1 ,\tbar=2",
        "TraceState:",
        "tracestate: baz=3",
    ];
    let (trace, state) = trace(&lines).await;
    assert_eq!(trace, TRACE);
    assert_eq!(state.as_deref(), Some("foo=1,bar=2,baz=3"));
}

#[tokio::test]
async fn a_trace_begins_where_none_is_named_or_not_by_the_rules() {
    let twice = format!("traceparent: {VALID}\r\ntraceparent: {VALID}");
    let long = format!("traceparent: {VALID}-");
    for line in [twice, long, format!("trace.parent: {VALID}")] {
        let (trace, state) = trace(&[&line, "tracestate: foo=1"]).await;
        assert_ne!(trace, TRACE, "{line}");
        assert_eq!(state, None);
    }
}
