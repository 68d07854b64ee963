//! Something is put on that observes nothing at all, alone and in a tuple.

use gusset_core::{ObserveLayer, RequestResponse};

struct Config;

fn main() {
    let _ = ObserveLayer::<RequestResponse<u32, String>, _>::new(Config);
    let _ = ObserveLayer::<RequestResponse<u32, String>, _>::new(((), Config));
}
