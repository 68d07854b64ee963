//! The measuring programs. They print lines of columns, separated by tabs, which `cargo xtask bench`
//! parses.
//!
//! Each run measures one scenario, because some set a global recorder or subscriber.

use std::process::ExitCode;

use crate::{Scenario, Work, sizes};

/// Runs the program that is measured by callgrind.
///
/// - `list` prints each scenario: name, description, baseline, and how often to repeat it.
/// - `run <name> <times>` runs a scenario this many times after a warm-up. Only the instructions inside of
///   [`counted`] are measured.
pub fn instructions(scenarios: &[Scenario]) -> ExitCode {
    let arguments = arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["list"] => {
            for Scenario {
                name,
                about,
                baseline,
                times,
                ..
            } in scenarios
            {
                let baseline = baseline.unwrap_or_default();
                println!("{name}\t{about}\t{baseline}\t{times}");
            }
            ExitCode::SUCCESS
        }
        ["run", name, times] => {
            let (Some(scenario), Ok(times)) = (find(scenarios, name), times.parse::<u64>()) else {
                return usage("list | run <scenario> <times>");
            };
            counted(&mut scenario.warm_up(), times);
            ExitCode::SUCCESS
        }
        _ => usage("list | run <scenario> <times>"),
    }
}

/// Runs the operation this many times. Callgrind finds this function by its name.
#[inline(never)]
pub fn counted(work: &mut Work, times: u64) {
    for _ in 0..times {
        work();
    }
}

/// Runs the program that prints the allocations of one scenario, and their bytes. `measure` counts both.
pub fn allocations(
    scenarios: &[Scenario],
    measure: impl Fn(&mut dyn FnMut()) -> (u64, u64),
) -> ExitCode {
    let arguments = arguments();
    let [name] = arguments.as_slice() else {
        return usage("<scenario>");
    };
    let Some(scenario) = find(scenarios, name) else {
        return usage("<scenario>");
    };
    let mut work = scenario.warm_up();
    let (count, bytes) = measure(&mut || (0..scenario.times).for_each(|_| work()));
    println!("{count}\t{bytes}");
    ExitCode::SUCCESS
}

/// Runs the program that prints the sizes of calls: call, call tracker, future and body.
pub fn sizes() {
    for sizes::Sizes {
        about,
        call,
        track,
        future,
        body,
    } in sizes::all()
    {
        println!("{about}\t{call}\t{track}\t{future}\t{body}");
    }
}

fn arguments() -> Vec<String> {
    std::env::args().skip(1).collect()
}

fn find<'a>(scenarios: &'a [Scenario], name: &str) -> Option<&'a Scenario> {
    scenarios.iter().find(|scenario| scenario.name == name)
}

fn usage(arguments: &str) -> ExitCode {
    eprintln!("usage: {arguments}");
    ExitCode::from(2)
}
