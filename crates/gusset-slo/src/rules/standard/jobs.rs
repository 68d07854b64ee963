//! Alerts on jobs that do not run.

use super::super::alert::Alert;
use super::health::with_cases;
use super::{Text, alert};
use crate::{AlertSeverity, ServiceLevels};

pub(super) fn alerts(levels: &ServiceLevels) -> Vec<Alert> {
    Vec::from_iter(did_not_run(levels))
}

fn did_not_run(levels: &ServiceLevels) -> Option<Alert> {
    let overdue = levels.series(levels.catalogue().find("gusset.job.overdue")?);
    let name = ("JobDidNotRun", AlertSeverity::Warning, 1);
    let text = Text {
        summary: "a job did not run",
        description: "The last success of a job is longer ago than allowed, on at least one instance.",
        advice: "The label `gusset_job_name` names the job. Did its runs fail (`gusset_operation_outcomes_total` of \
                 the same name), does one hang (`gusset_job_skipped_total` grows), or does none start?",
        source: "the age is that of the job (`overdue_after`), by default two intervals; a minute excludes a late run",
    };
    let expr = format!("max by (instance, gusset_job_name) ({overdue}) == 1");
    let series = overdue.equal("gusset.job.name", "nightly");
    let mut alert = with_cases(alert(levels, name, expr, &text), &series, 1.0, 1);
    for firing in alert
        .cases
        .iter_mut()
        .filter_map(|case| case.fires.as_mut())
    {
        let label = ("gusset_job_name".to_owned(), "nightly".to_owned());
        firing.labels.extend([label]);
    }
    Some(alert)
}
