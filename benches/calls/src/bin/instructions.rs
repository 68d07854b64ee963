//! Runs one scenario repeatedly, for callgrind to count. `list` prints their names.
//!
//! ```text
//! cargo build --release --manifest-path benches/calls/Cargo.toml
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!     --toggle-collect='gusset_benches_calls::measured*' <program> run monitor 2000
//! ```
//!
//! The count divided by the number of calls, less that of `observer`, is the cost of the monitor, or of the recorder
//! with the attributes that it reads, which several observers of one layer read once.

use std::process::ExitCode;

const WARM_UP_CALLS: u32 = 100;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let all = gusset_benches_calls::all();
    match arguments.as_slice() {
        ["list"] => {
            for (name, about, _) in all {
                println!("{name}\t{about}");
            }
            return ExitCode::SUCCESS;
        }
        ["run", name, times] => {
            let scenario = all.into_iter().find(|(it, ..)| it == name);
            if let (Some((_, _, mut work)), Ok(times)) = (scenario, times.parse()) {
                (0..WARM_UP_CALLS).for_each(|_| work());
                gusset_benches_calls::measured(&mut work, times);
                return ExitCode::SUCCESS;
            }
        }
        _ => {}
    }
    eprintln!("list | run <scenario> <times>");
    ExitCode::from(2)
}
