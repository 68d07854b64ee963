//! Something is put on that observes nothing at all, alone and in a tuple.

use gusset_core::{ObserveLayer, Unary};

struct Config;

fn main() {
    let _ = ObserveLayer::<Unary<u32, String>, _>::new(Config);
    let _ = ObserveLayer::<Unary<u32, String>, _>::new(((), Config));
}
