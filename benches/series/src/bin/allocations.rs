//! Counts the allocations of a scenario.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches::program::allocations(&gusset_benches_series::records(), |work| {
        let info = allocation_counter::measure(work);
        (info.count_total, info.bytes_total)
    })
}
