//! Secrets in a report.

use gusset_data::{Redaction, StateTree};

use super::{ActiveCallRow, CallRow, Calls, ChangeRow, LogRow, Report, Section, ServiceFacts};

// === impl Report ===

impl Report {
    /// Returns the report without secrets: fields by name, and parts of texts by pattern.
    ///
    /// What comes in has been redacted already where its producer has the list. This is the last place, which every text of a
    /// report passes. All fields are named, so that a new one is not forgotten.
    pub(crate) fn redacted(self, redaction: &Redaction) -> Self {
        let Self {
            format,
            id,
            time,
            trigger,
            detail,
            service,
            sections,
            readings,
            totals,
            calls,
            changes,
            logs,
            tasks,
            missing,
        } = self;
        let text = |text: String| redact(redaction, text);
        let ServiceFacts {
            name,
            process_id,
            started,
            build,
        } = service;
        Self {
            format,
            id: text(id),
            time,
            trigger,
            detail: text(detail),
            service: ServiceFacts {
                name: text(name),
                process_id,
                started,
                build: build.redacted(redaction),
            },
            sections: sections
                .into_iter()
                .map(|Section { name, state }| Section {
                    state: named(&name, state, redaction),
                    name: text(name),
                })
                .collect(),
            // Numbers and times alone.
            readings,
            totals,
            calls: redact_calls(calls, redaction),
            changes: changes
                .into_iter()
                .map(|ChangeRow { time, what, state }| ChangeRow {
                    time,
                    state: redaction.redact_field(&what, &state).into_owned(),
                    what: text(what),
                })
                .collect(),
            logs: logs
                .into_iter()
                .map(|row| redact_log(row, redaction))
                .collect(),
            tasks: tasks.map(text),
            missing: missing.into_iter().map(text).collect(),
        }
    }
}

fn redact(redaction: &Redaction, text: String) -> String {
    match redaction.may_contain_secret(text.as_bytes()) {
        true => redaction.redact(&text).into_owned(),
        false => text,
    }
}

/// Redacts a tree that has a name itself.
fn named(name: &str, tree: StateTree, redaction: &Redaction) -> StateTree {
    let StateTree::Fields(mut fields) =
        StateTree::fields([(name.to_owned(), tree)]).redacted(redaction)
    else {
        return StateTree::Unknown;
    };
    fields.pop().map_or(StateTree::Unknown, |(_, tree)| tree)
}

fn redact_calls(calls: Calls, redaction: &Redaction) -> Calls {
    let Calls {
        kept,
        slowest,
        failed,
        recent,
        active,
    } = calls;
    // Statuses, outcomes and error types are of fixed sets, and ids are digits. Routes are templates of the service.
    let ended = |rows: Vec<CallRow>| {
        let row = |row: CallRow| CallRow {
            route: redact(redaction, row.route),
            error_type: row.error_type.map(|text| redact(redaction, text)),
            ..row
        };
        rows.into_iter().map(row).collect()
    };
    let under_way = |row: ActiveCallRow| ActiveCallRow {
        route: redact(redaction, row.route),
        ..row
    };
    Calls {
        kept,
        slowest: ended(slowest),
        failed: ended(failed),
        recent: ended(recent),
        active: active.into_iter().map(under_way).collect(),
    }
}

fn redact_log(row: LogRow, redaction: &Redaction) -> LogRow {
    LogRow {
        scope: redact(redaction, row.scope),
        body: redact(redaction, row.body),
        attributes: row.attributes.redacted(redaction),
        ..row
    }
}
