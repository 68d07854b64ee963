//! Runs the steps of a chore, and reports their times and failures.

use std::fmt::{Display, Write as _};
use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::Result;

/// The steps of a chore, in the order they ran.
///
/// A failed step does not stop the chore, so that one run reports all failures.
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
    /// Runs one step, and prints its time. Returns `None` if it failed.
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

    /// Returns the table of times, with the slowest step first and the failed steps at the end.
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
            push_line(
                &mut table,
                format_args!("{:>8.1} s  {name}{mark}", elapsed.as_secs_f64()),
            );
        }
        let total: Duration = self.done.iter().map(|step| step.elapsed).sum();
        push_line(
            &mut table,
            format_args!("{:>8.1} s  total", total.as_secs_f64()),
        );

        let failed: Vec<&str> = self
            .done
            .iter()
            .filter(|step| step.failed)
            .map(|step| step.name.as_str())
            .collect();
        if !failed.is_empty() {
            push_line(&mut table, format_args!("FAILED: {}", failed.join(", ")));
        }
        table
    }
}

#[expect(clippy::disallowed_methods, reason = "a chore has no `Clock`")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

fn push_line(table: &mut String, line: impl Display) {
    // Writing to a `String` does not fail.
    let _ = writeln!(table, "{line}");
}

/// Prints a line. Does not panic when the pipe is closed, as `println!` does.
pub(crate) fn print_line(line: impl Display) {
    if cfg!(test) {
        // The test harness captures only `println!`.
        return println!("{line}");
    }
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line to standard error.
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
    fn table_is_sorted_by_time() {
        let steps = Steps {
            done: vec![
                done("fmt", 400, false),
                done("clippy", 12_300, false),
                done("doc", 5_000, false),
            ],
        };
        assert_eq!(
            steps.table(),
            "    12.3 s  clippy\n     5.0 s  doc\n     0.4 s  fmt\n    17.7 s  total\n"
        );
        assert!(!steps.failed());
    }

    #[test]
    fn failed_steps_are_listed_at_the_end() {
        let steps = Steps {
            done: vec![done("fmt", 400, true), done("doc", 5_000, false)],
        };
        assert_eq!(
            steps.table(),
            "     5.0 s  doc\n     0.4 s  fmt  FAILED\n     5.4 s  total\nFAILED: fmt\n"
        );
        assert!(steps.failed());
    }

    #[test]
    fn next_step_runs_after_failure() {
        let mut steps = Steps::default();
        assert_eq!(steps.step("first", || Err::<(), _>("broken".into())), None);
        assert_eq!(steps.step("second", || Ok(2)), Some(2));
        assert!(steps.failed());
    }
}
