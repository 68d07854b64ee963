//! Entries of calls that are not sampled are left out by option.

use gusset_core::SpanIds;
use gusset_log::Format;
use tracing::{debug, error, info, info_span, warn};

use crate::support::*;

fn unsampled() -> SpanIds {
    SpanIds::new([1; 16], [2; 8], false)
}

/// Logs at every level, in a call that is not sampled, in one that is, and outside of calls.
fn work() {
    for (ids, name) in [(unsampled(), "unsampled"), (ids(), "sampled")] {
        ids.scope(|| {
            debug!("{name}");
            info!("{name}");
            warn!("{name}");
            error!("{name}");
        });
    }
    info!("outside");
}

fn count(lines: &[String], text: &str) -> usize {
    let found = lines.iter().filter(|line| line.contains(text));
    found.count()
}

#[test]
fn entries_below_warn_of_unsampled_calls_are_left_out() {
    for format in FORMATS {
        let builder = || builder(format()).filter("debug").unwrap();
        let lines = logged(builder().sampled_only(), work);
        let all = logged(builder(), work);
        if all.is_empty() {
            // A format of access log entries alone.
            continue;
        }
        assert_eq!(
            (count(&lines, "unsampled"), count(&lines, "outside")),
            (2, 1),
            "{lines:?}"
        );
        assert_eq!((all.len(), lines.len()), (9, 7));
    }
}

#[test]
fn exported_records_are_left_out_too() {
    let debug = || builder(Format::Json).filter("debug").unwrap();
    assert_eq!(records_of(debug().sampled_only(), work).len(), 7);
    assert_eq!(records_of(debug(), work).len(), 9);
}

#[test]
fn explicit_parent_and_end_of_a_span_count_by_their_own_ids() {
    let spans = || builder(Format::Json).log_span_end().sampled_only();
    let lines = logged(spans(), || {
        let unsampled = unsampled().scope(|| info_span!("unsampled"));
        let sampled = ids().scope(|| info_span!("sampled"));
        info!(parent: &unsampled, "here");
        info!(parent: &sampled, "here");
    });
    assert_eq!((count(&lines, "here"), lines.len()), (1, 2), "{lines:?}");
    assert_eq!(count(&lines, "unsampled"), 0, "{lines:?}");
}
