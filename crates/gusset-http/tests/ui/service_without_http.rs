//! A service whose messages are not those of HTTP is observed as HTTP.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use gusset_core::assert_observable;
use gusset_http::Http;
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
    assert_observable::<Http, String, _>(Length);
}
