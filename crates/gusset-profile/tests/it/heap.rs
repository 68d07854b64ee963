//! Heap profiles of a process whose jemalloc has none. A process with them is in the tests of the examples.

use http::StatusCode;

use crate::{ONE_AT_A_TIME, get, text, with_token};

#[tokio::test]
async fn disabled_heap_profiles_name_the_setting() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let (status, reason) = text(get(&with_token(), "/debug/pprof/heap")).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    assert!(reason.contains("_RJEM_MALLOC_CONF"), "{reason}");
}
