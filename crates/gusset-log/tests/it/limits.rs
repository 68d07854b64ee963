//! The rate limit of a callsite.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gusset_log::{Format, LogLayer};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tracing::{info, warn};

use crate::support::*;

static SECOND: AtomicU64 = AtomicU64::new(1_000_000);

fn manual_time() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(SECOND.load(Ordering::Relaxed))
}

#[test]
fn next_entry_reports_suppressed_ones() {
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    let builder = LogLayer::builder()
        .format(Format::Json)
        .clock(manual_time)
        .rate_limit(NonZeroU32::new(2).unwrap())
        .recorder(Arc::new(recorder));
    let lines = logged(builder, || {
        for second in 0..2 {
            SECOND.store(1_000_000 + second, Ordering::Relaxed);
            for number in 0..10 {
                info!(number, "again");
            }
        }
        warn!("another callsite");
    });
    let lines: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let suppressed: Vec<_> = lines
        .iter()
        .map(|line| line["suppressed"].as_u64())
        .collect();
    assert_eq!(suppressed, [None, None, Some(8), None, None]);
    let mut counted: Vec<(String, u64)> = snapshots
        .snapshot()
        .into_vec()
        .into_iter()
        .filter_map(|(key, _, _, value)| {
            let labels: Vec<_> = key
                .key()
                .labels()
                .map(|label| label.value().to_owned())
                .collect();
            match value {
                DebugValue::Counter(count) if count > 0 => {
                    Some((format!("{} {}", key.key().name(), labels.join(" ")), count))
                }
                _ => None,
            }
        })
        .collect();
    counted.sort();
    let expected = [
        ("gusset.log.dropped info rate_limited", 16),
        ("gusset.log.entries info", 4),
        ("gusset.log.entries warn", 1),
    ];
    assert_eq!(
        counted,
        expected.map(|(name, count)| (name.to_owned(), count))
    );
}
