//! Plain code has one start and one end, whatever it returns.

use std::future::pending;

use gusset_core::operation::{Operation, Operations};
use gusset_core::{ObserveLayer, ObservedOperation};

use crate::support::*;

fn operation(log: &Log) -> ObservedOperation<Scribe> {
    ObserveLayer::<Operations, _>::new(log.scribe("a")).operation("reprice")
}

#[test]
fn result_decides_the_outcome() {
    let log = Log::default();
    let reprice = operation(&log);
    assert_eq!(now(reprice.run(async { Ok::<_, Failed>(7) })), Ok(7));
    let failed = now(reprice.run(async { Err::<u32, _>(Failed) }));
    assert_eq!(failed, Err(Failed));
    assert_eq!(now(reprice.run_infallible(async { "text" })), "text");
    let ends = log.ends();
    assert_eq!(ends.len(), 3, "{ends:?}");
    assert_eq!(ends[0], "Complete success");
    assert!(ends[1].ends_with("server_error"), "{ends:?}");
    assert_eq!(ends[2], "Complete success");
}

#[test]
fn dropped_future_is_cancelled() {
    let log = Log::default();
    let mut run = Box::pin(operation(&log).run(pending::<Result<(), Failed>>()));
    assert!(poll(&mut run).is_pending());
    drop(run);
    assert_eq!(log.ends(), ["Cancelled(Headers) cancelled"]);
}

#[test]
fn future_that_unwinds_has_panicked() {
    let log = Log::default();
    let reprice = operation(&log);
    assert!(throws(|| now(reprice.run_infallible(async { throw() }))));
    assert_eq!(log.ends(), ["Panicked(Headers) server_error"]);
}

#[test]
fn operation_starts_when_it_is_run_and_not_when_it_is_polled() {
    let log = Log::default();
    let reprice = operation(&log);
    assert_eq!(log.take(), [""; 0]);
    drop(reprice.run(async { Ok::<_, Failed>(()) }));
    assert_eq!(
        log.take(),
        ["a.start", "a.end Cancelled(Headers) cancelled"]
    );
}

#[test]
fn operation_in_an_operation_is_another_one() {
    let log = Log::default();
    let reprice = operation(&log);
    let inner = reprice.clone();
    now(reprice.run_infallible(async move { inner.run_infallible(async {}).await }));
    assert_eq!(log.ends(), ["Complete success"; 2]);
}

#[test]
fn text_of_a_statement_has_no_literals() {
    let text = |text| {
        let query = Operation::database("postgresql", "SELECT", "t").with_query_text(text);
        query.query_text().unwrap().to_owned()
    };
    for (statement, expected) in [
        (
            "SELECT a1 FROM t2 WHERE x = 'it''s' AND y=-1.5e3",
            "SELECT a1 FROM t2 WHERE x = ? AND y=-?",
        ),
        (
            "x = $1 AND y = :2 AND z IN (1,2)",
            "x = $1 AND y = :2 AND z IN (?,?)",
        ),
        ("x = 'a''b' OR y = \"p\"", "x = ? OR y = ?"),
        // MySQL reads one text, and PostgreSQL two of which the second is a secret.
        ("x = 'a\\' AND y = 'secret'", "x = ?"),
        ("a # it's\nWHERE x = 'secret'", "?"),
        ("a -- secret 'x\nb /* 'y' 7 */ c", "a  b   c"),
        ("x = $$secret$$ AND 1", "x = ?"),
        ("x = 'never closed", "?"),
    ] {
        assert_eq!(text(statement), expected, "{statement}");
    }
}
