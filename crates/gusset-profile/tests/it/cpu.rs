//! CPU profiles of this process.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt as _;

use crate::{ONE_AT_A_TIME, get, text, with_token};

/// Uses a CPU until it is dropped.
struct BusyThread(std::sync::Arc<AtomicBool>);

#[inline(never)]
fn busy_function_of_the_test(stop: &AtomicBool) {
    let mut sum = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        for n in 0..10_000 {
            sum = black_box(sum.wrapping_mul(31).wrapping_add(n));
        }
    }
}

impl BusyThread {
    fn start() -> Self {
        let stop = std::sync::Arc::new(AtomicBool::new(false));
        let seen = stop.clone();
        thread::spawn(move || busy_function_of_the_test(&seen));
        Self(stop)
    }
}

impl Drop for BusyThread {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn profile_is_compressed_protobuf() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let _busy = BusyThread::start();
    let response = get(&with_token(), "/debug/pprof/profile?seconds=1").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        response.headers()["content-type"],
        "application/octet-stream"
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let mut message = Vec::new();
    let mut gzip = flate2::read::GzDecoder::new(&*body);
    std::io::Read::read_to_end(&mut gzip, &mut message).unwrap();
    let name = b"busy_function_of_the_test";
    assert!(message.windows(name.len()).any(|it| it == name));
}

#[cfg(feature = "flamegraph")]
#[tokio::test]
async fn flamegraph_names_the_busy_function() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let _busy = BusyThread::start();
    let target = "/debug/pprof/profile?seconds=1&format=flamegraph";
    let (status, svg) = text(get(&with_token(), target)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(svg.contains("<svg") && svg.contains("busy_function_of_the_test"));
}

#[tokio::test]
async fn second_profile_at_a_time_is_refused() {
    let _alone = ONE_AT_A_TIME.lock().await;
    // Other endpoints of the process too.
    let (first, second) = (with_token(), with_token());
    let profile = get(&first, "/debug/pprof/profile?seconds=1");
    for path in ["/debug/pprof/profile?seconds=1", "/debug/pprof/heap"] {
        let (status, reason) = text(get(&second, path)).await;
        assert_eq!(status, StatusCode::CONFLICT, "{path}: {reason}");
        assert!(
            reason.starts_with("another profile is being taken"),
            "{reason}"
        );
    }
    assert_eq!(profile.await.status(), StatusCode::OK);
    let again = get(&second, "/debug/pprof/profile?seconds=1").await;
    assert_eq!(again.status(), StatusCode::OK);
}

#[tokio::test]
async fn profile_ends_when_its_client_disconnects() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let routes = with_token();
    drop(get(&routes, "/debug/pprof/profile?seconds=60"));
    let next = async {
        loop {
            let response = get(&routes, "/debug/pprof/profile?seconds=1").await;
            if response.status() != StatusCode::CONFLICT {
                return response.status();
            }
            tokio::task::yield_now().await;
        }
    };
    // Before the time of the first one is over.
    let status = tokio::time::timeout(Duration::from_secs(50), next).await;
    assert_eq!(status, Ok(StatusCode::OK));
}
