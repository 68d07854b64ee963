//! A slow database would restart all instances.

use gusset_health::{Check, Health};

fn main() {
    let database = Check::new("orders-db", async || ());
    let _ = Health::builder().heartbeat(database);
}
