//! Something is put before a service that guards nothing.

use gusset_core::{AdmissionLayer, RequestResponse};

struct Config;

fn main() {
    let _ = AdmissionLayer::<RequestResponse<u32, String>, _>::new(Config);
}
