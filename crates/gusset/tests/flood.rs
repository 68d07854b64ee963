//! A million random requests do not increase the number of series and the memory.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gusset::http::Route;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body as _;
use tower::{Layer, Service};

/// Responds like a router: one route matches, others are not found. One handler wrongly uses the
/// path as its route.
#[derive(Clone)]
struct Router;

impl Service<Request<()>> for Router {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<()>) -> Self::Future {
        let mut res = Response::new(String::from("hello"));
        match req.uri().path().as_bytes().get(1) {
            Some(b'a') => {}
            Some(b'c') => {
                res.extensions_mut()
                    .insert(Route::from_arc(req.uri().path()));
            }
            _ => *res.status_mut() = StatusCode::NOT_FOUND,
        }
        ready(Ok(res))
    }
}

/// A pseudo-random generator with a fixed seed (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn random_request(random: &mut Random) -> Request<()> {
    let first = ['a', 'b', 'c', 'd'][random.next() as usize % 4];
    let path = format!("/{first}{:x}?q={:x}", random.next(), random.next());
    let method = format!("M{:X}", random.next());
    let mut req = Request::builder().uri(path).body(()).unwrap();
    if random.next() % 2 == 0 {
        *req.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    }
    let host = HeaderValue::try_from(format!("{:x}.example", random.next())).unwrap();
    req.headers_mut().insert("host", host);
    if first == 'a' {
        req.extensions_mut().insert(Route::new("/a{x}"));
    }
    req
}

/// Returns the resident memory in kilobytes, or `None` without `/proc`.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn million_random_requests_keep_memory_bounded() {
    const CALLS: u64 = 1_000_000;
    let gusset = gusset::http()
        .metrics(|metrics| metrics.cardinality_limit(500))
        .build()
        .unwrap();
    let mut service = gusset.layer().layer(Router);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut cx = Context::from_waker(Waker::noop());
    let mut at_a_tenth = (0, None);
    for call in 1..=CALLS {
        let Poll::Ready(Ok(res)) = pin!(service.call(random_request(&mut random))).poll(&mut cx)
        else {
            panic!("the service responds at once");
        };
        let mut body = pin!(res.into_body());
        while let Poll::Ready(Some(_)) = body.as_mut().poll_frame(&mut cx) {}
        if call == CALLS / 10 {
            at_a_tenth = (series(&gusset.prometheus().endpoint().render()), resident());
        }
    }
    let output = gusset.prometheus().endpoint().render();
    assert_eq!(series(&output), at_a_tenth.0);
    assert_eq!(series(&output), 501, "the limit and the overflow series");
    assert_eq!(calls(&output), CALLS, "none is lost");
    if let (Some(then), Some(now)) = (at_a_tenth.1, resident()) {
        println!("resident after a tenth: {then} kB, after all: {now} kB");
        assert!(now <= then + 4096, "from {then} kB to {now} kB");
    }
}

const COUNT: &str = "http_server_request_duration_seconds_count";

fn series(output: &str) -> usize {
    output
        .lines()
        .filter(|line| line.starts_with(COUNT))
        .count()
}

fn calls(output: &str) -> u64 {
    let counts = output.lines().filter(|line| line.starts_with(COUNT));
    counts
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
        .sum()
}
