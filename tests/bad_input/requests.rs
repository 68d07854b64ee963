//! Invalid requests: exactly the calls that the server passes on are recorded, each with one end.

use bytes::Bytes;
use gusset_testkit::RecordingObserver;
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::http1::Connection;
use gusset_tests::clients::{http2, run, with_timeout};
use gusset_tests::stack::serve;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::Full;

/// Responds with 200, and with the header `x-bytes` of the request.
async fn echo_header(req: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    let mut res = Response::new(boxed(Full::from("seen")));
    if let Some(value) = req.headers().get("x-bytes") {
        res.headers_mut().insert("x-bytes", value.clone());
    }
    Ok(res)
}

/// Sends each request on its own connection, to a server with and one without an observer. Asserts
/// that the responses are the same, and that each served call is recorded. Returns their number.
fn http1_calls(requests: &[Vec<u8>]) -> usize {
    let mut calls = 0;
    for transport in [Transport::Http1, Transport::AxumHttp1] {
        let recorder = RecordingObserver::new();
        let (observed, unobserved) = (
            serve(transport, echo_header, Some(&recorder)),
            serve(transport, echo_header, None),
        );
        let mut served = 0;
        run(async {
            for request in requests {
                let response = Connection::round_trip(observed.addr(), request).await;
                let expected = Connection::round_trip(unobserved.addr(), request).await;
                let (response, expected) = (
                    gusset_tests::wire::http1(&response),
                    gusset_tests::wire::http1(&expected),
                );
                assert_eq!(response, expected, "{}", start(request));
                // Only the service responds with 200.
                served += usize::from(response.starts_with("HTTP/1.1 200 OK"));
            }
        });
        drop(observed);
        let recorded = recorder.calls();
        assert_eq!(
            (recorded.len(), recorder.in_flight()),
            (served, 0),
            "{transport:?}"
        );
        assert!(
            recorded.iter().all(|call| call.end == "Complete"),
            "{recorded:#?}"
        );
        calls = served;
    }
    calls
}

fn start(request: &[u8]) -> String {
    request[..request.len().min(80)].escape_ascii().to_string()
}

fn request(method: impl AsRef<[u8]>, target: impl AsRef<[u8]>, value: &[u8]) -> Vec<u8> {
    let (method, target) = (method.as_ref(), target.as_ref());
    let ends: &[u8] = b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-bytes: ";
    [method, b" ", target, ends, value, b"\r\n\r\n"].concat()
}

#[test]
fn any_header_byte_is_served_or_rejected() {
    let single = (0..=255).map(|byte| request("GET", "/", &[b'a', byte, b'z']));
    // A pseudo-random generator, for the same bytes in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let many = (0..64).map(|_| {
        // The server rejects most control bytes, so only bytes from 0x80 are generated.
        let value: Vec<u8> = (0..8)
            .flat_map(|_| next())
            .map(|byte| byte | 0x80)
            .collect();
        request("GET", "/", &value)
    });
    let requests: Vec<_> = single.chain(many).collect();
    let calls = http1_calls(&requests);
    // Text, tab and bytes above ASCII, without control bytes and line ends.
    assert!((224..requests.len()).contains(&calls), "{calls}");
}

#[test]
fn opaque_http2_header_passes_both_ways() {
    for transport in [Transport::Http2, Transport::AxumHttp2] {
        let recorder = RecordingObserver::new();
        let server = serve(transport, echo_header, Some(&recorder));
        run(async {
            let connection = http2::Connection::open(server.addr()).await;
            let value = HeaderValue::from_bytes(b"\xff\xfe caf\xe9 \x80").expect("opaque bytes");
            let req = Request::get("http://localhost/")
                .header("x-bytes", &value)
                .body(());
            let (response, _) = connection.send(req.expect("a request"), true).await;
            assert_eq!(
                with_timeout(response)
                    .await
                    .expect("response headers")
                    .headers()["x-bytes"],
                value
            );
        });
        drop(server);
        assert_eq!((recorder.calls().len(), recorder.in_flight()), (1, 0));
    }
}

#[test]
fn path_of_64_kib_is_served_or_rejected() {
    let target = |len: usize| {
        let mut target = String::from("/");
        target.extend(std::iter::repeat_n('p', len - 1));
        request("GET", target, b"")
    };
    // `http` stores the length of a target in a `u16`, and reserves one value.
    let max_len = usize::from(u16::MAX) - 1;
    assert_eq!(http1_calls(&[target(max_len)]), 1);
    assert_eq!(
        http1_calls(&[target(max_len + 1), target(64 * 1024), target(100_000)]),
        0
    );
    let query = format!("/?{}", "q=%00%ff&".repeat(7000));
    assert_eq!(http1_calls(&[request("GET", query, b"")]), 1);
}

#[test]
fn long_http2_path_is_served_or_rejected() {
    for transport in [Transport::Http2, Transport::AxumHttp2] {
        let recorder = RecordingObserver::new();
        let server = serve(transport, echo_header, Some(&recorder));
        let (fits, too_long) = run(async {
            let connection = http2::Connection::open(server.addr()).await;
            let mut statuses = Vec::new();
            for len in [8 * 1024, 60 * 1024] {
                let uri = format!("http://localhost/{}", "p".repeat(len));
                let req = Request::get(uri).body(()).expect("a request");
                let (response, _) = connection.send(req, true).await;
                statuses.push(
                    with_timeout(response)
                        .await
                        .map(|res| res.status().as_u16())
                        .ok(),
                );
            }
            (statuses[0], statuses[1])
        });
        drop(server);
        // It exceeds hyper's limit of header sizes, so the service is not called.
        assert_eq!((fits, too_long), (Some(200), Some(431)), "{transport:?}");
        assert_eq!((recorder.calls().len(), recorder.in_flight()), (1, 0));
    }
}

#[test]
fn unknown_method_is_served_or_rejected() {
    let tokens = [
        "BREW",
        "get",
        "M-SEARCH",
        "PRI",
        "!#$%&'*+-.^_`|~0A",
        "LOOOOOOOOOOOOOOOOOONG",
    ];
    let requests = tokens.map(|method| request(method, "/", b""));
    assert_eq!(http1_calls(&requests), tokens.len());
    let malformed = ["G(T", "G\u{e4}T", "\0", "\"GET\"", ""];
    assert_eq!(
        http1_calls(&malformed.map(|method| request(method, "/", b""))),
        0
    );
}

#[test]
fn unusual_targets_are_served_or_rejected() {
    let targets = [
        "*",
        "http://else.test/a?b",
        "/%zz",
        "//",
        "/\u{e4}",
        "/a#b",
        "?",
        "a b",
        "",
    ];
    http1_calls(&targets.map(|target| request("OPTIONS", target, b"")));
}

#[test]
fn malformed_request_is_not_a_call() {
    let long = [
        b"GET / HTTP/1.1\r\nx: ".as_slice(),
        &vec![b'x'; 600_000],
        b"\r\n\r\n",
    ]
    .concat();
    let requests: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/3.7\r\n\r\n",
        b"GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\n: \r\n\r\n",
        &long,
    ];
    assert_eq!(http1_calls(&requests.map(<[u8]>::to_vec)), 0);
}

#[test]
fn unknown_http2_method_is_served() {
    let recorder = RecordingObserver::new();
    let server = serve(Transport::Http2, echo_header, Some(&recorder));
    run(async {
        let connection = http2::Connection::open(server.addr()).await;
        let method = Method::from_bytes(b"!#$%&'*+-.^_`|~0A").expect("a token");
        let req = Request::builder()
            .method(method)
            .uri("http://localhost/")
            .body(());
        let (response, mut body) = connection.send(req.expect("a request"), false).await;
        body.send_data(Bytes::new(), true)
            .expect("the stream is open");
        assert_eq!(
            with_timeout(response)
                .await
                .expect("response headers")
                .status(),
            200
        );
    });
    drop(server);
    assert_eq!((recorder.calls().len(), recorder.in_flight()), (1, 0));
}
