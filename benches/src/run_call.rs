//! A call from its request to the end of its response, without a runtime.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::Response;
use http_body::Body;
use tower_service::Service;

/// Runs a call, and reads its response as hyper does: until `is_end_stream`.
///
/// # Panics
/// If the service fails or is pending, because nothing would wake it.
#[inline]
pub fn run_call<S, Req, B>(service: &mut S, req: Req)
where
    S: Service<Req, Response = Response<B>>,
    B: Body,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(service.poll_ready(&mut cx), Poll::Ready(Ok(()))));
    let response = match pin!(service.call(req)).poll(&mut cx) {
        Poll::Ready(Ok(response)) => response,
        Poll::Ready(Err(_)) => panic!("the service failed"),
        Poll::Pending => panic!("the service is pending"),
    };
    black_box(response.status());
    let mut body = pin!(response.into_body());
    while !body.is_end_stream() {
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(frame))) => {
                black_box(frame.into_data().ok());
            }
            Poll::Ready(None) => break,
            Poll::Ready(Some(Err(_))) => panic!("the body failed"),
            Poll::Pending => panic!("the body is pending"),
        }
    }
}
