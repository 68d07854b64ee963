//! Tells how large a call is while it lasts.

fn main() {
    gusset_benches::program::sizes();
}
