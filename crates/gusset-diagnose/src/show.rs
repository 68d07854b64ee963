//! What a diagnosis shows.

use gusset_data::{ShowState, StateTree};

use crate::{Area, Diagnosis, Finding, LatestDiagnosis};

impl ShowState for Diagnosis {
    /// Returns the findings with their evidence and advice, the areas that were cleared, and those of which nothing is known.
    fn show_state(&self) -> StateTree {
        let areas = |areas: Vec<Area>| {
            let names = areas.into_iter().map(|area| area.as_str().into());
            StateTree::list(names)
        };
        let omitted = u64::try_from(self.omitted).unwrap_or(u64::MAX);
        StateTree::fields([
            ("load_per_cpu", self.load.map(|load| load.per_cpu).into()),
            (
                "findings",
                StateTree::list(self.findings.iter().map(of_finding)),
            ),
            ("omitted_findings", omitted.into()),
            ("not_the_cause", areas(self.cleared_areas())),
            ("not_known", areas(self.unknown_areas())),
        ])
    }
}

impl ShowState for LatestDiagnosis {
    /// Returns the last diagnosis.
    fn show_state(&self) -> StateTree {
        self.get().show_state()
    }
}

fn of_finding(finding: &Finding) -> StateTree {
    let Finding {
        kind,
        severity,
        confidence,
        scope,
        subject,
        evidence,
        unknown,
        consequences,
    } = finding;
    let texts = |texts: Vec<String>| StateTree::list(texts.into_iter().map(StateTree::from));
    StateTree::fields([
        ("finding", kind.id.into()),
        ("severity", severity.as_str().into()),
        ("confidence", confidence.as_str().into()),
        ("scope", scope.as_str().into()),
        ("subject", subject.clone().into()),
        ("conclusion", kind.conclusion.into()),
        (
            "evidence",
            texts(evidence.iter().map(ToString::to_string).collect()),
        ),
        (
            "unknown_inputs",
            StateTree::list(unknown.iter().map(|it| (*it).into())),
        ),
        (
            "consequences",
            StateTree::list(consequences.iter().map(|kind| kind.id.into())),
        ),
        ("advice", kind.advice.into()),
    ])
}
