//! Counts the readings of the clock in a call.

use std::collections::HashSet;
use std::path::Path;

use crate::Result;
use crate::steps::print_line;

use super::measure::{Cost, profiled};

/// The function of the C library that `Instant::now` and `SystemTime::now` call.
const READING: &str = "clock_gettime";

/// The readings of the clock in one call of a scenario.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClockReadings {
    pub(super) name: String,
    pub(super) of_call: u64,
}

/// Counts them in the scenarios of the programs in a folder.
pub(super) fn count(folder: &Path, costs: &[Cost]) -> Result<Vec<ClockReadings>> {
    const SMALL_COUNT: u64 = 100;
    const LARGE_COUNT: u64 = 600;
    let counted = costs.iter().map(|cost| {
        // The setup is in both.
        let small = calls_of(READING, &profiled(folder, &cost.name, SMALL_COUNT, &[])?)?;
        let large = calls_of(READING, &profiled(folder, &cost.name, LARGE_COUNT, &[])?)?;
        let calls = LARGE_COUNT - SMALL_COUNT;
        let of_call = (large.saturating_sub(small) + calls / 2) / calls;
        print_line(format_args!(
            "{:<26} {of_call:>3} clock readings",
            cost.name
        ));
        Ok(ClockReadings {
            name: cost.name.clone(),
            of_call,
        })
    });
    counted.collect()
}

/// Sums up the calls of the functions whose names begin so, in a profile of callgrind.
///
/// A name stands where it is first used, `fn=(7) name` or `cfn=(7) name`; later there is its number only. Each called
/// function, `cfn=`, is followed by `calls=COUNT`. (Callgrind Format Specification, "Name Compression".)
fn calls_of(function: &str, profile: &str) -> Result<u64> {
    let mut numbers = HashSet::new();
    let mut is_called = false;
    let mut calls = 0;
    for line in profile.lines() {
        let called = line.strip_prefix("cfn=");
        if let Some(text) = called.or_else(|| line.strip_prefix("fn=")) {
            let (number, name) = text.split_once(' ').unwrap_or((text, ""));
            if name.starts_with(function) {
                numbers.insert(number);
            }
            is_called = called.is_some() && numbers.contains(number);
        } else if let (Some(text), true) = (line.strip_prefix("calls="), is_called) {
            let (count, _) = text.split_once(' ').unwrap_or((text, ""));
            calls += count.parse::<u64>()?;
        }
    }
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_a_function_are_summed_up() {
        let profile = "fn=(1) work\n1 2\ncfn=(2) clock_gettime@@GLIBC_2.17\ncalls=7 0\n1 2\n\
                       fn=(3) more\ncfn=(1)\ncalls=5 0\ncfn=(2)\ncalls=3 0\n";
        assert_eq!(calls_of("clock_gettime", profile).unwrap(), 10);
        assert_eq!(calls_of("work", profile).unwrap(), 5);
        assert_eq!(calls_of("none", profile).unwrap(), 0);
        assert!(calls_of("f", "cfn=(1) f\ncalls=many 0\n").is_err());
    }
}
