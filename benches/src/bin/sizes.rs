//! Prints the size of a call in progress.

fn main() {
    gusset_benches::program::sizes();
}
