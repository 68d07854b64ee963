//! What strangers send: every call that the server makes of it has one end, and no more calls than
//! the server makes are counted.

use bytes::Bytes;
use gusset_testkit::RecordingObserver;
use gusset_tests::answers::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::http1::Connection;
use gusset_tests::clients::{http2, run, soon};
use gusset_tests::stack::serve;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::Full;

/// Answers 200 to everything, with the header `x-bytes` as it came.
async fn mirror(req: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    let mut res = Response::new(boxed(Full::from("seen")));
    if let Some(value) = req.headers().get("x-bytes") {
        res.headers_mut().insert("x-bytes", value.clone());
    }
    Ok(res)
}

/// Sends each request on a connection of its own, to the bare and to the observed service. Asserts
/// that the answers are the same, and that there is one fact for each call that the service
/// answered; gives how many there were.
fn http1_calls(requests: &[Vec<u8>]) -> usize {
    let mut calls = 0;
    for over in [Over::Http1, Over::AxumHttp1] {
        let witness = RecordingObserver::new();
        let (observed, bare) = (
            serve(over, mirror, Some(&witness)),
            serve(over, mirror, None),
        );
        let mut answered = 0;
        run(async {
            for request in requests {
                let answer = Connection::ask(observed.addr(), request).await;
                let expected = Connection::ask(bare.addr(), request).await;
                let (answer, expected) = (
                    gusset_tests::wire::http1(&answer),
                    gusset_tests::wire::http1(&expected),
                );
                assert_eq!(answer, expected, "{}", start(request));
                // The service says nothing else, and the server never says it by itself.
                answered += usize::from(answer.starts_with("HTTP/1.1 200 OK"));
            }
        });
        drop(observed);
        let facts = witness.calls();
        assert_eq!(
            (facts.len(), witness.in_flight()),
            (answered, 0),
            "{over:?}"
        );
        assert!(
            facts.iter().all(|fact| fact.end == "Complete"),
            "{facts:#?}"
        );
        calls = answered;
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
fn any_byte_in_a_header_is_a_call_with_an_end_or_no_call() {
    let single = (0..=255).map(|byte| request("GET", "/", &[b'a', byte, b'z']));
    // A generator of our own, so that it is the same bytes every time.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let many = (0..64).map(|_| {
        // Without the bytes below 0x80 nearly all of these are refused by the server at once.
        let value: Vec<u8> = (0..8)
            .flat_map(|_| next())
            .map(|byte| byte | 0x80)
            .collect();
        request("GET", "/", &value)
    });
    let requests: Vec<_> = single.chain(many).collect();
    let calls = http1_calls(&requests);
    // SharedStr, tab and what is above ASCII; no control and no end of a line.
    assert!((224..requests.len()).contains(&calls), "{calls}");
}

#[test]
fn a_header_that_is_no_text_passes_both_ways_over_http2() {
    for over in [Over::Http2, Over::AxumHttp2] {
        let witness = RecordingObserver::new();
        let server = serve(over, mirror, Some(&witness));
        run(async {
            let connection = http2::Connection::open(server.addr()).await;
            let value = HeaderValue::from_bytes(b"\xff\xfe caf\xe9 \x80").expect("opaque bytes");
            let req = Request::get("http://localhost/")
                .header("x-bytes", &value)
                .body(());
            let (response, _) = connection.send(req.expect("a request"), true).await;
            assert_eq!(
                soon(response).await.expect("a head").headers()["x-bytes"],
                value
            );
        });
        drop(server);
        assert_eq!((witness.calls().len(), witness.in_flight()), (1, 0));
    }
}

#[test]
fn a_path_of_64_kib_is_a_call_with_an_end_or_no_call() {
    let target = |len: usize| {
        let mut target = String::from("/");
        target.extend(std::iter::repeat_n('p', len - 1));
        request("GET", target, b"")
    };
    // `http` counts a target in a `u16`, less one.
    let longest = usize::from(u16::MAX) - 1;
    assert_eq!(http1_calls(&[target(longest)]), 1);
    assert_eq!(
        http1_calls(&[target(longest + 1), target(64 * 1024), target(100_000)]),
        0
    );
    let query = format!("/?{}", "q=%00%ff&".repeat(7000));
    assert_eq!(http1_calls(&[request("GET", query, b"")]), 1);
}

#[test]
fn a_long_path_over_http2_is_a_call_with_an_end_or_no_call() {
    for over in [Over::Http2, Over::AxumHttp2] {
        let witness = RecordingObserver::new();
        let server = serve(over, mirror, Some(&witness));
        let (fits, too_long) = run(async {
            let connection = http2::Connection::open(server.addr()).await;
            let mut statuses = Vec::new();
            for len in [8 * 1024, 60 * 1024] {
                let uri = format!("http://localhost/{}", "p".repeat(len));
                let req = Request::get(uri).body(()).expect("a request");
                let (response, _) = connection.send(req, true).await;
                statuses.push(soon(response).await.map(|res| res.status().as_u16()).ok());
            }
            (statuses[0], statuses[1])
        });
        drop(server);
        // Longer than hyper's bound on a list of headers: the service is not called.
        assert_eq!((fits, too_long), (Some(200), Some(431)), "{over:?}");
        assert_eq!((witness.calls().len(), witness.in_flight()), (1, 0));
    }
}

#[test]
fn an_unknown_method_is_a_call_with_an_end_or_no_call() {
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
    let nonsense = ["G(T", "G\u{e4}T", "\0", "\"GET\"", ""];
    assert_eq!(
        http1_calls(&nonsense.map(|method| request(method, "/", b""))),
        0
    );
}

#[test]
fn targets_of_every_form_are_calls_with_an_end_or_no_call() {
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
fn what_is_no_request_is_no_call() {
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
fn an_unknown_method_over_http2_is_a_call_with_an_end() {
    let witness = RecordingObserver::new();
    let server = serve(Over::Http2, mirror, Some(&witness));
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
        assert_eq!(soon(response).await.expect("a head").status(), 200);
    });
    drop(server);
    assert_eq!((witness.calls().len(), witness.in_flight()), (1, 0));
}
