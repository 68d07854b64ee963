//! A service and its body need not be `Send` or `Clone`, and need no `'static` data.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use gusset_core::{AdmissionLayer, ObserveLayer, Rejected, assert_observable};
use gusset_http::{Http, HttpServerClassifier, service_unavailable};
use gusset_testkit::{RecordingObserver, RecordingObserverCall};
use http::{Method, Request, Response};
use http_body::{Body, Frame};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{drain, end, now, request};

/// Counts its calls in a cell of its thread.
struct LocalService(Rc<Cell<u32>>);

/// Contains the count in one frame.
#[derive(Default)]
struct Count(Option<Rc<Cell<u32>>>);

impl Service<Request<()>> for LocalService {
    type Response = Response<Count>;
    type Error = Rc<str>;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Count>, Rc<str>>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rc<str>>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let count = self.0.clone();
        Box::pin(async move {
            count.set(count.get() + 1);
            Ok(Response::new(Count(Some(count))))
        })
    }
}

impl Body for Count {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let count = self.0.take();
        Poll::Ready(count.map(|count| Ok(Frame::data(count.get().to_string().into()))))
    }
}

#[test]
fn service_without_clone_and_send_is_observed() {
    let recorder = RecordingObserver::new();
    let layer = ObserveLayer::<Http, _>::new(recorder.clone());
    let calls = Rc::new(Cell::new(0));
    let service = assert_observable::<Http, Request<()>, _>(LocalService(calls.clone()));
    let mut response = now(layer.layer(service).call(request(Method::GET))).unwrap();
    drain(response.body_mut());
    assert_eq!((end(&recorder).as_str(), calls.get()), ("Complete", 1));
}

#[test]
fn service_without_clone_and_send_is_admitted() {
    struct Open(RecordingObserver);
    impl gusset_core::Admission<Http> for Open {
        type Permit = RecordingObserverCall;
        type Rejection = Rejected;
        fn admit(
            &self,
            req: gusset_http::RequestHead<'_>,
            cx: &mut gusset_core::CallContext,
        ) -> Result<RecordingObserverCall, Rejected> {
            Ok(gusset_core::Observer::<Http<HttpServerClassifier>>::start(
                &self.0, req, cx,
            ))
        }
    }

    let recorder = RecordingObserver::new();
    let layer = AdmissionLayer::<Http, _>::new(Open(recorder.clone()))
        .respond_with(|rejected: Rejected| service_unavailable(&rejected));
    let mut service = layer.layer(LocalService(Rc::default()));
    let mut response = now(service.call(request(Method::GET))).unwrap();
    drain(response.body_mut());
    assert_eq!(end(&recorder), "Complete");
}
