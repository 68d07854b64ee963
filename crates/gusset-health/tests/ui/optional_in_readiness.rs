//! What the service does without takes no traffic from it.

use gusset_health::{Check, Health, Optional};

fn main() {
    let mail = Check::new("mail", async || ());
    let _ = Health::builder().ready(Optional(mail));
}
