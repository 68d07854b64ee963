//! Panics of a custom classifier do not reach the call.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use gusset_core::{
    CallContext, CallObserver, Classification, Classify, End, ObserveLayer, Observer, Outcome,
    RequestResponse, ResponseKind, classifier_panics,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{now, throw};

type Counting<const PLACE: u8> = RequestResponse<u32, u32, Panicking<PLACE>>;

const START: u8 = 0;
const RESPONSE: u8 = 1;
const END: u8 = 2;

/// Panics in one of its methods, and then in its drop.
struct Panicking<const PLACE: u8>;

impl<const PLACE: u8> Classify<Counting<PLACE>> for Panicking<PLACE> {
    fn start(_: &u32) -> Self {
        if PLACE == START {
            throw();
        }
        Self
    }

    fn on_response(&mut self, _: &u32) -> ResponseKind {
        if PLACE == RESPONSE {
            throw();
        }
        ResponseKind::NoBody
    }

    fn on_end(&self, _: &End<'_, Counting<PLACE>>) -> Classification {
        throw()
    }
}

impl<const PLACE: u8> Drop for Panicking<PLACE> {
    fn drop(&mut self) {
        throw()
    }
}

/// Records the outcomes.
#[derive(Clone, Default)]
struct Outcomes(Arc<Mutex<Vec<Outcome>>>);

impl<const PLACE: u8> Observer<Counting<PLACE>> for Outcomes {
    type Call = Self;
    fn start(&self, _: &u32, _: &mut CallContext) -> Self {
        self.clone()
    }
}

impl<const PLACE: u8> CallObserver<Counting<PLACE>> for Outcomes {
    fn on_end(self, _: End<'_, Counting<PLACE>>, cx: &CallContext) {
        self.0.lock().unwrap().extend(cx.outcome());
    }
}

#[derive(Clone)]
struct Double;

impl Service<u32> for Double {
    type Response = u32;
    type Error = Infallible;
    type Future = Ready<Result<u32, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, number: u32) -> Self::Future {
        ready(Ok(number * 2))
    }
}

fn assert_served<const PLACE: u8>() {
    let outcomes = Outcomes::default();
    let before = classifier_panics();
    let layer = ObserveLayer::<Counting<PLACE>, _>::new(outcomes.clone());
    for _ in 0..2 {
        assert_eq!(now(layer.layer(Double).call(4)), Ok(8));
    }
    let expected = [Outcome::Success, Outcome::Success];
    assert_eq!(*outcomes.0.lock().unwrap(), expected, "{PLACE}");
    // Other tests count too.
    assert!(classifier_panics() >= before + 2);
}

#[test]
fn call_is_served_and_observed() {
    assert_served::<START>();
    assert_served::<RESPONSE>();
    assert_served::<END>();
}
