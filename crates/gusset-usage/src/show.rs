//! What the usage shows of its state.

use gusset_data::{SharedStr, ShowState, StateTree};

use crate::report::WindowUsage;
use crate::sign_ins::{FailureCount, SignInReport};
use crate::{PageUsage, Usage, UsageReport};

/// The pages, accounts and clients that are shown.
const MAX_PAGES: usize = 50;
const MAX_SUBJECTS: usize = 10;

impl ShowState for Usage {
    /// Returns visitors, the most used pages, and sign-ins if there were any.
    fn show_state(&self) -> StateTree {
        let UsageReport {
            calls_under_way,
            last_hour,
            last_day,
            pages,
        } = self.report();
        let mut fields = vec![
            ("calls_under_way".into(), calls_under_way.into()),
            (
                "visitors".into(),
                StateTree::list([of_window("hour", last_hour), of_window("day", last_day)]),
            ),
            (
                "pages".into(),
                StateTree::list(pages.iter().take(MAX_PAGES).map(of_page)),
            ),
        ];
        let sign_ins = self.sign_ins().report();
        if sign_ins.successes + sign_ins.failures > 0 {
            fields.push((SharedStr::from_static("sign_ins"), of_sign_ins(&sign_ins)));
        }
        StateTree::Fields(fields)
    }
}

fn of_window(name: &'static str, usage: WindowUsage) -> StateTree {
    StateTree::fields([
        ("last", name.into()),
        ("visitors", usage.visitors.into()),
        ("new", usage.new_visitors.into()),
        ("returning", usage.returning_visitors.into()),
        ("calls", usage.calls.into()),
        ("calls_of_bots", usage.bot_calls.into()),
    ])
}

fn of_page(page: &PageUsage) -> StateTree {
    StateTree::fields([
        ("page", page.page.clone().into()),
        ("last_hour", page.last_hour.into()),
        ("last_day", page.last_day.into()),
        ("bots_last_day", page.bots_last_day.into()),
    ])
}

fn of_sign_ins(report: &SignInReport) -> StateTree {
    let reasons = report.by_reason.iter();
    // Not fields with the names of the reasons: that of wrong credentials would be redacted as a secret.
    let reasons = reasons.map(|(reason, count)| {
        let count = (*count).into();
        StateTree::fields([("reason", reason.as_str().into()), ("failures", count)])
    });
    StateTree::fields([
        ("successes", report.successes.into()),
        ("failures", report.failures.into()),
        ("reasons", StateTree::list(reasons)),
        ("accounts", of_subjects(&report.accounts)),
        ("clients", of_subjects(&report.clients)),
    ])
}

fn of_subjects(subjects: &[FailureCount]) -> StateTree {
    let subjects = subjects.iter().take(MAX_SUBJECTS);
    StateTree::list(subjects.map(|subject| {
        StateTree::fields([
            ("hash", subject.hash.clone().into()),
            ("failures", subject.failures.into()),
            ("successes", subject.successes.into()),
        ])
    }))
}
