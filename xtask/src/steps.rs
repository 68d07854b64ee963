//! What was done, how long it took, and what failed.

use std::fmt::{Display, Write as _};
use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::Result;

/// The steps of a chore, in the order they ran.
///
/// A failed step does not stop the chore: one run tells everything that is wrong.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: String,
    elapsed: Duration,
    failed: bool,
}

impl Steps {
    /// Runs one step, and tells its time. `None` when it failed, for steps that build on it.
    pub(crate) fn step<T>(
        &mut self,
        name: impl Into<String>,
        work: impl FnOnce() -> Result<T>,
    ) -> Option<T> {
        let name = name.into();
        print_line(format_args!("\n== {name}"));
        let (result, elapsed) = timed(work);
        let seconds = elapsed.as_secs_f64();
        match &result {
            Ok(_) => print_line(format_args!("== {name}: {seconds:.1} s")),
            Err(error) => print_line(format_args!(
                "== {name}: FAILED after {seconds:.1} s: {error}"
            )),
        }
        self.done.push(Step {
            name,
            elapsed,
            failed: result.is_err(),
        });
        result.ok()
    }

    pub(crate) fn failed(&self) -> bool {
        self.done.iter().any(|step| step.failed)
    }

    /// The slowest step first; what failed is marked, and told again at the end.
    pub(crate) fn table(&self) -> String {
        let mut slowest: Vec<&Step> = self.done.iter().collect();
        slowest.sort_by_key(|step| std::cmp::Reverse(step.elapsed));

        let mut table = String::new();
        for Step {
            name,
            elapsed,
            failed,
        } in slowest
        {
            let mark = if *failed { "  FAILED" } else { "" };
            line(
                &mut table,
                format_args!("{:>8.1} s  {name}{mark}", elapsed.as_secs_f64()),
            );
        }
        let total: Duration = self.done.iter().map(|step| step.elapsed).sum();
        line(
            &mut table,
            format_args!("{:>8.1} s  in all", total.as_secs_f64()),
        );

        let failed: Vec<&str> = self
            .done
            .iter()
            .filter(|step| step.failed)
            .map(|step| step.name.as_str())
            .collect();
        if !failed.is_empty() {
            line(&mut table, format_args!("FAILED: {}", failed.join(", ")));
        }
        table
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a chore is not a call: it has no `Clock`"
)]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

fn line(table: &mut String, line: impl Display) {
    // Writing to a `String` does not fail.
    let _ = writeln!(table, "{line}");
}

/// Prints a line. Not `println!`, which panics when the reader has gone (`cargo xtask lint | head`).
pub(crate) fn print_line(line: impl Display) {
    if cfg!(test) {
        // The test harness captures only this: a step that fails on purpose must not look real.
        return println!("{line}");
    }
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line where errors go.
pub(crate) fn print_error(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "xtask: {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(name: &str, millis: u64, failed: bool) -> Step {
        Step {
            name: name.into(),
            elapsed: Duration::from_millis(millis),
            failed,
        }
    }

    #[test]
    fn the_slowest_step_stands_first_and_the_sum_last() {
        let steps = Steps {
            done: vec![
                done("fmt", 400, false),
                done("clippy", 12_300, false),
                done("doc", 5_000, false),
            ],
        };
        assert_eq!(
            steps.table(),
            "    12.3 s  clippy\n     5.0 s  doc\n     0.4 s  fmt\n    17.7 s  in all\n"
        );
        assert!(!steps.failed());
    }

    #[test]
    fn a_failed_step_is_marked_and_told_again_at_the_end() {
        let steps = Steps {
            done: vec![done("fmt", 400, true), done("doc", 5_000, false)],
        };
        assert_eq!(
            steps.table(),
            "     5.0 s  doc\n     0.4 s  fmt  FAILED\n     5.4 s  in all\nFAILED: fmt\n"
        );
        assert!(steps.failed());
    }

    #[test]
    fn a_failed_step_gives_nothing_and_lets_the_next_run() {
        let mut steps = Steps::default();
        assert_eq!(steps.step("first", || Err::<(), _>("broken".into())), None);
        assert_eq!(steps.step("second", || Ok(2)), Some(2));
        assert!(steps.failed());
    }
}
