//! The size of a call in progress: the bytes that a layer adds to its future and its body.

use gusset_core::observe::ObserveFuture;
use gusset_core::{CallTracker, Observer};
use gusset_http::{Http, HttpServerClassifier, ObservedBody};

use crate::layers::{self, Observed};

/// The bytes that a layer adds.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "not published")]
pub struct Sizes {
    /// A description of the layer.
    pub about: &'static str,
    /// In the observer's state of a call.
    pub call: usize,
    /// In the call tracker, with the observer's state.
    pub track: usize,
    /// In the future.
    pub future: usize,
    /// In the body.
    pub body: usize,
}

/// Returns the sizes of all layers.
pub fn all() -> Vec<Sizes> {
    vec![
        sizes("the driver, no observer", &layers::driver()),
        sizes(
            "the driver, three trivial observers",
            &layers::three_observers(),
        ),
        sizes("HTTP metrics", &layers::metrics_noop()),
    ]
}

fn sizes<O: Observer<Http>>(about: &'static str, _: &Observed<O>) -> Sizes {
    Sizes {
        about,
        call: size_of::<O::Call>(),
        track: size_of::<CallTracker<Http, O::Call>>(),
        future: size_of::<ObserveFuture<(), Http, O::Call>>(),
        body: size_of::<ObservedBody<(), HttpServerClassifier, O::Call>>(),
    }
}
