//! The attribute of operations, on a function that is not async, without what observes, and with an unknown argument.

type Gusset = gusset::Gusset;

#[gusset::operation(gusset)]
fn count(gusset: &Gusset) -> u32 {
    7
}

#[gusset::operation]
async fn without_observers() {}

#[gusset::operation(gusset, title = "stock")]
async fn unknown_argument(gusset: &Gusset) {}

fn main() {}
