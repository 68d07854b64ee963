//! The programs that measure: one line of text for each figure, columns apart by tabs, for
//! `cargo xtask bench` to read.

use std::process::ExitCode;

use crate::{Scenario, Work, sizes};

/// The program to run under callgrind, one run for each scenario.
///
/// - `list`: name, what it is, what it is compared with, how often to do it;
/// - `run <name> <times>`: does it, so many times after a warm-up. What is to be counted is what goes
///   on inside of [`counted`], and not all of the program: the clock of the exporter, for one, spins
///   to calibrate itself, never twice as long.
pub fn instructions(scenarios: &[Scenario]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["list"] => {
            for Scenario {
                name,
                about,
                over,
                times,
                ..
            } in scenarios
            {
                let over = over.unwrap_or_default();
                println!("{name}\t{about}\t{over}\t{times}");
            }
            ExitCode::SUCCESS
        }
        ["run", name, times] => {
            let scenario = scenarios.iter().find(|scenario| scenario.name == *name);
            let (Some(scenario), Ok(times)) = (scenario, times.parse::<u64>()) else {
                return usage();
            };
            counted(&mut scenario.warm(), times);
            ExitCode::SUCCESS
        }
        _ => usage(),
    }
}

/// Does it so many times. Known to callgrind by its name.
#[inline(never)]
pub fn counted(work: &mut Work, times: u64) {
    for _ in 0..times {
        work();
    }
}

/// The program that counts allocations with `measure`, which gives their number and their bytes:
/// name, allocations and bytes of all `times`.
pub fn allocations(
    scenarios: &[Scenario],
    measure: impl Fn(&mut dyn FnMut()) -> (u64, u64),
) -> ExitCode {
    for scenario in scenarios {
        let mut work = scenario.warm();
        let (count, bytes) = measure(&mut || (0..scenario.times).for_each(|_| work()));
        println!("{}\t{count}\t{bytes}", scenario.name);
    }
    ExitCode::SUCCESS
}

/// What a call weighs: what it is, and the bytes of call, track, future and body.
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

fn usage() -> ExitCode {
    eprintln!("usage: instructions list | run <scenario> <times>");
    ExitCode::from(2)
}
