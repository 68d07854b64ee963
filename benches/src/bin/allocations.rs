//! Counts the allocations of a scenario.
//!
//! Apart from `instructions`, because an allocator that counts is one that costs more.

use std::process::ExitCode;

fn main() -> ExitCode {
    gusset_benches::program::allocations(&gusset_benches::all(), |work| {
        let info = allocation_counter::measure(work);
        (info.count_total, info.bytes_total)
    })
}
