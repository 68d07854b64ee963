//! Counts the allocations of a scenario; without one, the bytes of a breaker.

use std::process::ExitCode;

use gusset_breaker::{CircuitBreaker, Config};

fn main() -> ExitCode {
    if std::env::args().len() == 1 {
        for (what, config, shards) in [
            ("failures in a row", Config::consecutive(5), 4),
            ("the last 100 calls", Config::new().count_window(100), 4),
            ("ten seconds, one shard", Config::new(), 1),
            ("ten seconds, two shards", Config::new(), 2),
            ("ten seconds, four shards", Config::new(), 4),
        ] {
            let builder = CircuitBreaker::builder("payments").config(config).shards(shards);
            let mut built = None;
            let info = allocation_counter::measure(|| built = builder.build().ok());
            println!(
                "{what}: {} bytes in {} allocations",
                info.bytes_current, info.count_current
            );
        }
        return ExitCode::SUCCESS;
    }
    gusset_benches::program::allocations(&gusset_benches_breakers::all(), |work| {
        let info = allocation_counter::measure(work);
        (info.count_total, info.bytes_total)
    })
}
