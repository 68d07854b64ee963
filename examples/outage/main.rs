//! A shop during outages of its payment service. The payment service fails in four ways; each time, the
//! circuit breaker opens, the shop responds at once with a fallback, and then recovers.
//!
//! ```text
//! cargo run --example outage
//! ```
//!
//! Two real servers on loopback: `payments.rs` fails, `shop.rs` uses the breaker. `customer.rs` sends the
//! orders.

mod customer;
mod payments;
mod shop;

use std::error::Error;
use std::process::ExitCode;

#[allow(unused_imports, reason = "the test of this example uses them")]
pub(crate) use self::customer::{Outage, run};
#[allow(unused_imports, reason = "the test of this example uses it")]
pub(crate) use self::payments::Mode;

type BoxError = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&mut std::io::stdout()).await {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("outage: {error}");
            ExitCode::FAILURE
        }
    }
}
