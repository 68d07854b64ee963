//! Counts the allocations of a scenario.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches::program::allocations(&gusset_benches_stacks::all(), |work| {
        let info = allocation_counter::measure(work);
        (info.count_total, info.bytes_total)
    })
}
