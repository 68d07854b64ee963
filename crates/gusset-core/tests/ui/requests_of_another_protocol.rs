//! A service has other requests than the protocol it is observed as.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use gusset_core::{RequestResponse, assert_observable};
use tower_service::Service;

struct Length;

impl Service<String> for Length {
    type Response = usize;
    type Error = Infallible;
    type Future = Ready<Result<usize, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, text: String) -> Self::Future {
        ready(Ok(text.len()))
    }
}

fn main() {
    assert_observable::<RequestResponse<String, usize>, String, _>(Length);
    // Requests are texts, not numbers.
    assert_observable::<RequestResponse<u32, usize>, String, _>(Length);
}
