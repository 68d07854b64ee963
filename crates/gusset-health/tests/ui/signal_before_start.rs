//! Only a started runtime has a shutdown signal.

use gusset_health::Health;

fn main() {
    let health = Health::builder().build().unwrap();
    let _ = health.shutdown_signal();
}
