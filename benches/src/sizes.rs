//! How large a call is while it lasts: bytes in the future, and in the body, beside those of the
//! service.

use gusset_core::observe::ObserveFuture;
use gusset_core::{CallTracker, Observer};
use gusset_http::{Http, HttpServerClassifier, ObservedBody};

use crate::layers::{self, Observed};

/// The bytes that a layer adds.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "not published")]
pub struct Sizes {
    /// What is laid over the service.
    pub about: &'static str,
    /// In the observer's own state of a call.
    pub call: usize,
    /// In the driver's, with the observer's.
    pub track: usize,
    /// In the future.
    pub future: usize,
    /// In the body.
    pub body: usize,
}

/// The sizes of all that is measured.
pub fn all() -> Vec<Sizes> {
    vec![
        of("the driver, no observer", &layers::driver()),
        of("the driver, three trivial observers", &layers::three()),
        of("HTTP metrics", &layers::metrics_noop()),
    ]
}

fn of<O: Observer<Http>>(about: &'static str, _: &Observed<O>) -> Sizes {
    Sizes {
        about,
        call: size_of::<O::Call>(),
        track: size_of::<CallTracker<Http, O::Call>>(),
        future: size_of::<ObserveFuture<(), Http, O::Call>>(),
        body: size_of::<ObservedBody<(), HttpServerClassifier, O::Call>>(),
    }
}
