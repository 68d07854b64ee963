//! Prints the memory of one series: that which the process has more of after 10,000 were recorded.
//!
//! - `list` prints each subject: name and description.
//! - `<name>` prints the resident bytes of a series, and those of the same series after each was recorded a
//!   hundred times more.

use std::process::ExitCode;

use gusset_benches_series::subjects;

const SERIES: usize = 10_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let subjects = subjects();
    match arguments.as_slice() {
        ["list"] => {
            for subject in subjects {
                println!("{}\t{}", subject.name, subject.about);
            }
            ExitCode::SUCCESS
        }
        [name] => {
            let Some(subject) = subjects.into_iter().find(|subject| subject.name == *name) else {
                eprintln!("no such subject");
                return ExitCode::from(2);
            };
            let mut record = (subject.make)();
            // What is made once is not of a series.
            record(SERIES);
            let before = resident();
            (0..SERIES).for_each(&mut *record);
            let first = resident() - before;
            (0..100 * SERIES).for_each(|at| record(at % SERIES));
            let later = resident() - before;
            println!("{}\t{}", first / SERIES, later / SERIES);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: list | <subject>");
            ExitCode::from(2)
        }
    }
}

/// Returns the resident memory of this process in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = pages.split(' ').nth(1).expect("the resident pages");
    pages.parse::<usize>().expect("a number") * rustix::param::page_size()
}
