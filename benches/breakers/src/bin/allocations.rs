//! Counts the allocations of a scenario. Without arguments, prints the sizes of breakers.

use std::process::ExitCode;

use gusset_breaker::{CircuitBreaker, Config};

fn main() -> ExitCode {
    if std::env::args().len() == 1 {
        for (about, config, shards) in [
            ("consecutive failures", Config::consecutive(5), 4),
            ("window of 100 calls", Config::new().count_window(100), 4),
            ("window of ten seconds, one shard", Config::new(), 1),
            ("window of ten seconds, two shards", Config::new(), 2),
            ("window of ten seconds, four shards", Config::new(), 4),
        ] {
            let builder = CircuitBreaker::builder("payments")
                .config(config)
                .shards(shards);
            let mut built = None;
            let info = allocation_counter::measure(|| built = builder.build().ok());
            println!(
                "{about}: {} bytes in {} allocations",
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
