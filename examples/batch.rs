//! A job of cron or of a batch: no server, no runtime. Everything is exported by a deadline.
//!
//! `OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 cargo run --example batch`

use std::process::ExitCode;
use std::time::Duration;

use tracing::{info, instrument, warn};

/// A collector that is down delays the job by this time at most.
const FLUSH_DEADLINE: Duration = Duration::from_secs(5);
const BATCHES: u32 = 3;
const INVOICES_PER_BATCH: u32 = 10;

/// Sends an invoice. Every eleventh address is wrong.
fn send(invoice: u32) -> Result<(), &'static str> {
    match invoice % 11 {
        7 => Err("no such address"),
        _ => Ok(()),
    }
}

/// Sends a batch, in a span of its own. Returns how many could not be sent.
#[instrument]
fn send_batch(batch: u32) -> u32 {
    let mut failed = 0;
    for invoice in batch * INVOICES_PER_BATCH..(batch + 1) * INVOICES_PER_BATCH {
        let result = match send(invoice) {
            Ok(()) => "sent",
            Err(error) => {
                warn!(invoice, error, "not sent");
                failed += 1;
                "failed"
            }
        };
        metrics::counter!("invoices", "result" => result).increment(1);
    }
    failed
}

fn main() -> Result<ExitCode, gusset::Error> {
    let gusset = gusset::builder()
        .without_health()
        .without_management()
        .init()?;
    let mut failed = 0;
    for batch in 0..BATCHES {
        failed += send_batch(batch);
        // A batch that is done is visible, whatever happens to the next one.
        gusset.flush(FLUSH_DEADLINE);
    }
    info!(failed, "done");
    gusset.shutdown(FLUSH_DEADLINE);
    Ok(match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}
