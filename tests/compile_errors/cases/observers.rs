//! Types that neither observe nor classify, and a protocol that is none.

use gusset_core::{CallObserver, Classify, FilteredObserver, ObserveLayer, RequestResponse};

struct Config;

type Job = RequestResponse<u32, String>;

fn is_call<C: CallObserver<Job>>() {}
fn is_classifier<C: Classify<Job>>() {}

fn main() {
    let _ = ObserveLayer::<Config, _>::new(());
    let _ = ObserveLayer::<Job, _>::new(FilteredObserver::new((), Config));
    is_call::<Config>();
    is_classifier::<Config>();
}
