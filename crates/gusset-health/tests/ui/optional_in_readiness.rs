//! An optional dependency cannot affect readiness.

use gusset_health::{Check, Health, OptionalDependency};

fn main() {
    let mail = Check::new("mail", async || ());
    let _ = Health::builder().readiness_check(OptionalDependency(mail));
}
