//! There is no shutdown signal of a background that was not started.

use gusset_health::Health;

fn main() {
    let health = Health::builder().build().unwrap();
    let _ = health.shutdown_signal();
}
