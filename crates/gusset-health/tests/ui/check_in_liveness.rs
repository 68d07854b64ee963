//! A database that is slow for a minute would restart the whole fleet.

use gusset_health::{Check, Health};

fn main() {
    let database = Check::new("orders-db", async || ());
    let _ = Health::builder().heartbeat(database);
}
