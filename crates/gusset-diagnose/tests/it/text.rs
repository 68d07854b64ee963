//! The text is for a person who has just been woken up.

use gusset_data::ShowState as _;
use gusset_diagnose::{Area, Evidence, EvidenceUnit, kinds};

use crate::support::{Pair, secs};

#[test]
fn text_has_conclusion_evidence_and_advice() {
    let diagnosis = Pair::with(|it| {
        it.runtime.busy = Some(vec![secs(8.1), secs(8.1)]);
        it.process.user_time = Some(secs(0.06));
        it.process.system_time = Some(secs(0.0));
        it.runtime.lag_p99 = Some(secs(0.2));
        it.service.routes.as_mut().unwrap()[0].slow_polls = Some(50);
        it.service.dependencies = None;
        it.service.pools = None;
    });
    let mut pair = diagnosis;
    pair.unknown.retain(|kind| kind.area == Area::Dependencies);
    let expected = "\
The load average is 0.2 by CPU, which is not high.
critical: Blocking code runs on the workers of the asynchronous runtime: they are busy without using a CPU.
  [runtime.blocked, /orders, confidence high]
  time in which the workers were busy: 81 % (threshold 50 %)
  CPU time of this process, of that: 0.4 % (threshold 50 %)
  time in which threads of this process waited for a CPU, of the workers' busy time: 0.3 % (threshold 10 %)
  polls of the route that were too long, by minute: 300 (threshold 1)
  It also causes: runtime.long_polls, runtime.lag.
  To do: Find the blocking call: a sleep, a file, a lock, a client that is not asynchronous. Await an asynchronous one \
instead, or move it to `tokio::task::spawn_blocking`. The routes with the longest polls lead to it.
Not the cause: CPU, memory, disk, network, descriptors and tasks, dependencies, sign-ins, path to the clients.
";
    // The breaker is known, so the dependencies are not unknown as a whole.
    assert_eq!(pair.to_string(), expected);
}

#[test]
fn nothing_found_is_stated() {
    let text = Pair::healthy().diagnose().to_string();
    assert!(
        text.starts_with("Nothing was found.\nThe load average is 0.2"),
        "{text}"
    );
}

#[test]
fn areas_of_which_nothing_is_known_are_listed() {
    let diagnosis = gusset_diagnose::diagnose(
        &Default::default(),
        &Default::default(),
        &Default::default(),
    );
    let text = diagnosis.to_string();
    assert!(
        text.contains("Not known: CPU, runtime, memory, disk, network,"),
        "{text}"
    );
    assert!(!text.contains("Not the cause"), "{text}");
    assert!(
        !text.contains("sign-ins"),
        "most services have none: {text}"
    );
}

#[test]
fn every_kind_has_a_sentence_and_advice() {
    for kind in kinds() {
        assert!(
            kind.conclusion.ends_with('.') && kind.advice.ends_with('.'),
            "{}",
            kind.id
        );
        assert!(
            kind.conclusion.len() < 130 && kind.advice.len() < 250,
            "{}",
            kind.id
        );
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '.' || c == '_';
        assert!(
            kind.id.chars().all(is_plain) && kind.id.contains('.'),
            "{}",
            kind.id
        );
    }
    let mut ids: Vec<_> = kinds().map(|kind| kind.id).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn document_has_each_finding_with_its_threshold() {
    let page = include_str!("../../../../docs/system.md");
    for kind in kinds() {
        assert!(page.contains(&format!("`{}`", kind.id)), "{}", kind.id);
    }
}

#[test]
fn values_have_the_unit_of_a_person() {
    let diagnosis = Pair::with(|it| it.runtime.lag_p99 = Some(secs(0.0071)));
    let text = diagnosis.findings[0].evidence[0].to_string();
    assert_eq!(
        text,
        "event-loop lag (99th percentile): 7 ms (threshold 5 ms)"
    );
    let _: fn(&Evidence) -> EvidenceUnit = |evidence| evidence.unit;
}

#[test]
fn shown_state_has_evidence_and_what_was_cleared() {
    let diagnosis = Pair::with(|it| it.runtime.lag_p99 = Some(secs(0.0071)));
    let state = diagnosis.show_state();
    let findings = state.get("findings").unwrap().to_string();
    assert!(
        findings.contains("finding: runtime.lag\n") && findings.contains("7 ms (threshold 5 ms)\n"),
        "{findings}"
    );
    let cleared = state.get("not_the_cause").unwrap().to_string();
    assert!(cleared.contains("- memory\n"), "{cleared}");
}
