//! Counts the allocations of a scenario.
//!
//! It is separate from `instructions`, because counting makes allocations more expensive.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches::program::allocations(&gusset_benches::all(), |work| {
        let info = allocation_counter::measure(work);
        (info.count_total, info.bytes_total)
    })
}
