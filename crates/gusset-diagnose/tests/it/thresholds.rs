//! Thresholds can be changed, and wrong ones are named.

use gusset_diagnose::{Levels, Thresholds, diagnose};

use crate::support::Pair;

#[test]
fn defaults_are_valid() {
    Thresholds::default().validate().unwrap();
}

#[test]
fn changed_threshold_applies() {
    let mut pair = Pair::healthy();
    pair.now.snapshot.process.open_files = Some(600);
    assert!(pair.diagnose().is_clear());
    let mut thresholds = Thresholds::default();
    thresholds.open_files = Levels::new(0.5, 0.6);
    let diagnosis = diagnose(&pair.previous, &pair.now, &thresholds);
    assert!(diagnosis.finding("files.limit").is_some());
}

#[test]
fn wrong_threshold_is_named() {
    let error = |change: fn(&mut Thresholds)| {
        let mut thresholds = Thresholds::default();
        change(&mut thresholds);
        thresholds.validate().unwrap_err().to_string()
    };
    let reversed = error(|it| it.pool_wait = Levels::new(2.0, 1.0));
    assert_eq!(
        reversed,
        "`pool_wait`: the warning is above the critical value"
    );
    let not_a_number = error(|it| it.route_p99.warning = f64::NAN);
    assert_eq!(not_a_number, "`route_p99`: not a positive number");
    let zero = error(|it| it.waiting_share = 0.0);
    assert_eq!(zero, "`waiting_share`: not a positive number");
    let above = error(|it| it.blocked_run_delay = 0.5);
    assert_eq!(above, "`blocked_run_delay`: above `contended_run_delay`");
    // The time to a limit is worse the shorter it is.
    let time = error(|it| it.time_to_limit = Levels::new(1.0, 2.0));
    assert_eq!(
        time,
        "`time_to_limit`: the warning is above the critical value"
    );
}
