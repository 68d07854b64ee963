//! Nothing decides on readiness that does not say what it is.

use gusset_health::{Check, Health};

fn main() {
    let database = Check::new("orders-db", async || ());
    let _ = Health::builder().readiness_check(database);
}
