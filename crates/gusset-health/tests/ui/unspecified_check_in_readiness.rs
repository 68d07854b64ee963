//! A check without a kind of dependency cannot affect readiness.

use gusset_health::{Check, Health};

fn main() {
    let database = Check::new("orders-db", async || ());
    let _ = Health::builder().readiness_check(database);
}
