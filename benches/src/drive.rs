//! A call from its request to the last byte of its response, without a runtime.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::Response;
use http_body::Body;
use tower_service::Service;

/// Makes a call and takes its response as hyper would: until its body says that it is at its end.
///
/// # Panics
/// If the service fails, or waits for anything: nothing here would wake it.
#[inline]
pub fn drive<S, Req, B>(service: &mut S, req: Req)
where
    S: Service<Req, Response = Response<B>>,
    B: Body,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(service.poll_ready(&mut cx), Poll::Ready(Ok(()))));
    let response = match pin!(service.call(req)).poll(&mut cx) {
        Poll::Ready(Ok(response)) => response,
        Poll::Ready(Err(_)) => panic!("the service of a benchmark failed"),
        Poll::Pending => panic!("the service of a benchmark waits"),
    };
    black_box(response.status());
    let mut body = pin!(response.into_body());
    while !body.is_end_stream() {
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(frame))) => {
                black_box(frame.into_data().ok());
            }
            Poll::Ready(None) => break,
            Poll::Ready(Some(Err(_))) => panic!("the body of a benchmark failed"),
            Poll::Pending => panic!("the body of a benchmark waits"),
        }
    }
}
