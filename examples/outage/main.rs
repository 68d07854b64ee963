//! An outage, and how a shop lives through it: its order page calls a payment service, which is made
//! to fail in five ways; the circuit breaker opens, the shop answers at once with a fallback, and
//! recovers by itself.
//!
//! ```text
//! cargo run --example outage
//! ```
//!
//! Two real servers on loopback. `payments.rs` fails, `shop.rs` wears the breaker, `story.rs` buys.

mod payments;
mod shop;
mod story;

use std::error::Error;
use std::process::ExitCode;

#[allow(
    unused_imports,
    reason = "the test of this example looks at the chapters"
)]
pub(crate) use self::payments::Mode;
#[allow(
    unused_imports,
    reason = "the test of this example looks at the chapters"
)]
pub(crate) use self::story::{Chapter, tell};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match tell(&mut std::io::stdout()).await {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("outage: {error}");
            ExitCode::FAILURE
        }
    }
}
