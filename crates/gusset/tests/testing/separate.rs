//! Captures of tests that run at the same time.

use std::sync::Barrier;

use gusset::testing::Capture;

use crate::{app, call};

const THREADS: usize = 8;
const CALLS: usize = 50;

#[test]
fn captures_at_the_same_time_do_not_mix() {
    let barrier = Barrier::new(THREADS);
    let test = |thread: usize| {
        let runtime = runtime();
        barrier.wait();
        let capture = Capture::new();
        let app = app(capture.gusset());
        runtime.block_on(async {
            for _ in 0..CALLS {
                call(&app, &format!("/users/{thread}")).await;
            }
            let calls = capture.wait_for_calls(CALLS).await;
            assert_eq!(calls.len(), CALLS);
            for call in calls {
                assert_eq!(call.entry()["url.path"], format!("/users/{thread}"));
                assert_eq!(call.events().len(), 1);
                assert!(call.span().is_some());
            }
        });
        assert_eq!(capture.entries().len(), 2 * CALLS);
        assert_eq!(capture.spans().len(), 2 * CALLS);
        assert_eq!(capture.metric("users.found", &[]), 2.0 * CALLS as f64);
        let users = [("http.route", "/users/{id}")];
        let calls = capture.metric("http.server.request.duration", &users);
        assert_eq!(calls, CALLS as f64);
    };
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let test = &test;
            scope.spawn(move || test(thread));
        }
    });
}

#[tokio::test]
async fn captures_of_one_test_do_not_mix() {
    let (server, other) = (Capture::new(), Capture::new());
    call(&app(server.gusset()), "/users/7").await;
    assert_eq!(server.wait_for_calls(1).await.len(), 1);
    assert!(other.calls().is_empty() && other.entries().is_empty() && other.spans().is_empty());
    assert_eq!(other.metric("users.found", &[]), 0.0);
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}
