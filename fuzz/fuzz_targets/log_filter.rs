//! The filter of logs, in the syntax of `RUST_LOG`: its text is a filter that means the same.
#![no_main]

use std::sync::LazyLock;

use gusset_log::{FilterHandle, LogLayer, LogPipeline};
use libfuzzer_sys::fuzz_target;
use tracing_subscriber::Registry;

static FILTER: LazyLock<FilterHandle> = LazyLock::new(|| {
    let pipeline: LogPipeline<Registry> = LogLayer::builder()
        .writer(std::io::sink())
        .build()
        .expect("the defaults are valid");
    let handle = pipeline.filter_handle.clone();
    // The writer must not stop.
    std::mem::forget(pipeline);
    handle
});

fuzz_target!(|filter: &str| {
    FILTER.set("info").expect("a valid filter");
    match FILTER.set(filter) {
        Ok(()) => {
            let text = FILTER.filter();
            // The text of a filter for fields is not always a filter itself (tracing-subscriber 0.3).
            if filter.contains(['[', '{']) {
                return;
            }
            FILTER.set(&text).expect("its text is a filter");
            assert_eq!(FILTER.filter(), text);
        }
        Err(error) => {
            assert_eq!(error.setting(), "filter");
            assert_eq!(FILTER.filter(), "info");
        }
    }
});
