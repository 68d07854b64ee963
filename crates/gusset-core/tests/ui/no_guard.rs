//! Something is put before a service that guards nothing.

use gusset_core::{GuardLayer, Unary};

struct Config;

fn main() {
    let _ = GuardLayer::<Unary<u32, String>, _>::new(Config);
}
