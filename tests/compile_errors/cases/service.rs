//! A server that returns a number, paths of messages, and a layer for no kind of service.

use gusset::CallLayer;
use gusset::kind::{Consumer, HttpKind};

struct Config;

fn has_paths<K: HttpKind>() {}

fn layer(layer: CallLayer<Config>) {
    let _ = layer;
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    has_paths::<Consumer<u32, ()>>();
    let gusset = gusset::builder().build()?;
    gusset.serve(async { 7 }).await
}
