//! What holds for all readings.

use gusset_diagnose::{Diagnosis, MAX_FINDINGS, Reading, Thresholds, diagnose};
use proptest::prelude::*;

use crate::inputs::{ALL, Input};
use crate::support::{Pair, is_found};

/// Returns what is done to each input: left as it is, made unknown, or set.
fn changes() -> impl Strategy<Value = Vec<Option<Option<f64>>>> {
    let change = prop_oneof![
        4 => Just(None),
        1 => Just(Some(None)),
        2 => (0.0..=1.0).prop_map(|level| Some(Some(level))),
    ];
    prop::collection::vec(change, ALL.len())
}

fn changed(changes: &[Option<Option<f64>>]) -> Pair {
    let mut pair = Pair::healthy();
    for (input, change) in ALL.iter().zip(changes) {
        match change {
            None => {}
            Some(None) => (input.forget)(&mut pair),
            Some(Some(level)) => (input.set)(&mut pair, *level),
        }
    }
    pair
}

fn with(pair: &Pair, input: &Input, level: f64) -> Diagnosis {
    let mut pair = pair.clone();
    (input.set)(&mut pair, level);
    pair.diagnose()
}

proptest! {
    #[test]
    fn worse_input_never_removes_its_finding(
        changes in changes(),
        input in prop::sample::select(ALL),
        (a, b) in (0.0..=1.0, 0.0..=1.0),
    ) {
        let pair = changed(&changes);
        let (better, worse) = (f64::min(a, b), f64::max(a, b));
        let (before, after) = (with(&pair, &input, better), with(&pair, &input, worse));
        if is_found(&before, input.id) {
            prop_assert!(is_found(&after, input.id), "{}\n{before}\n{after}", input.id);
        }
        if let (Some(before), Some(after)) = (before.finding(input.id), after.finding(input.id)) {
            prop_assert!(before.severity <= after.severity, "{}", input.id);
        }
    }

    #[test]
    fn same_readings_have_the_same_diagnosis(changes in changes()) {
        let pair = changed(&changes);
        prop_assert_eq!(pair.diagnose(), pair.diagnose());
    }

    #[test]
    fn findings_are_few_and_in_order(changes in changes()) {
        let diagnosis = changed(&changes).diagnose();
        prop_assert!(diagnosis.findings.len() <= MAX_FINDINGS);
        let stages = diagnosis.findings.iter().map(|it| it.kind.stage);
        prop_assert!(stages.is_sorted());
        let kinds = diagnosis.findings.windows(2);
        for pair in kinds.filter(|pair| pair[0].kind.stage == pair[1].kind.stage) {
            prop_assert!(pair[0].severity >= pair[1].severity);
        }
    }

    #[test]
    fn every_kind_is_in_one_place(changes in changes()) {
        let diagnosis = changed(&changes).diagnose();
        for kind in gusset_diagnose::kinds() {
            let is_in = |kinds: &[&'static gusset_diagnose::FindingKind]| kinds.contains(&kind);
            let places = [is_in(&diagnosis.cleared), is_in(&diagnosis.unknown), diagnosis.finding(kind.id).is_some()];
            prop_assert!(places.iter().filter(|it| **it).count() <= 1, "{}", kind.id);
        }
    }

    #[test]
    fn unknown_input_is_never_cleared(changes in changes(), input in prop::sample::select(ALL)) {
        let mut pair = changed(&changes);
        (input.forget)(&mut pair);
        let diagnosis = pair.diagnose();
        // A finding by another input may remain.
        let is_cleared = diagnosis.cleared.iter().any(|kind| kind.id == input.id);
        prop_assert!(!is_cleared, "{}\n{diagnosis}", input.id);
    }

    #[test]
    fn text_is_never_empty(changes in changes()) {
        prop_assert!(!changed(&changes).diagnose().to_string().is_empty());
    }
}

#[test]
fn empty_readings_have_no_finding() {
    let empty = Reading::default();
    let diagnosis = diagnose(&empty, &empty, &Thresholds::default());
    assert!(diagnosis.is_clear());
    assert!(diagnosis.cleared.is_empty());
    assert_eq!(diagnosis.unknown.len(), gusset_diagnose::kinds().count());
}

#[test]
fn healthy_readings_clear_everything() {
    let diagnosis = Pair::healthy().diagnose();
    assert!(diagnosis.is_clear(), "{diagnosis}");
    let unknown: Vec<_> = diagnosis.unknown.iter().map(|kind| kind.id).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn each_input_at_its_worst_is_found() {
    for input in ALL {
        let diagnosis = with(&Pair::healthy(), input, 1.0);
        assert!(is_found(&diagnosis, input.id), "{}\n{diagnosis}", input.id);
        let best = with(&Pair::healthy(), input, 0.0);
        let is_cleared = best.cleared.iter().any(|kind| kind.id == input.id);
        // No time until the limit is the only input that is bad at 0 too: growth within two days.
        assert!(
            is_cleared || input.id.ends_with("growth"),
            "{}\n{best}",
            input.id
        );
    }
}
