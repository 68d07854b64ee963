//! Endpoints answer whatever the request body is.

use std::future::{Ready, ready};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gusset_core::{ObserveLayer, assert_observable};
use gusset_http::{Endpoint, EndpointBody, EndpointService, Http, RequestHead};
use gusset_testkit::{RecordingObserver, ScriptedBody};
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{drain, end, now};

/// Answers with the path of the request.
#[derive(Clone)]
struct Echo;

impl Endpoint for Echo {
    type Future = Ready<Response<Full<Bytes>>>;

    fn answer(&self, req: RequestHead<'_>) -> Self::Future {
        ready(Response::new(Bytes::from(req.uri.path().to_owned()).into()))
    }
}

fn get<B>(service: &mut EndpointService<Echo>, body: B) -> Response<EndpointBody> {
    let request = Request::builder().uri("/livez?verbose").body(body).unwrap();
    let Ok(response) = now(service.call(request));
    response
}

#[test]
fn endpoint_is_always_ready_and_reads_no_body() {
    let mut service = EndpointService::new(Echo);
    let cx = &mut Context::from_waker(Waker::noop());
    assert_eq!(
        Service::<Request<()>>::poll_ready(&mut service, cx),
        Poll::Ready(Ok(()))
    );
    let bodies = [
        get(&mut service, ()).into_body(),
        get(&mut service, ScriptedBody::new().panic()).into_body(),
        get(&mut service.clone(), "text").into_body(),
    ];
    for mut body in bodies {
        let Poll::Ready(Some(Ok(frame))) = crate::support::frame(&mut body) else {
            panic!("an answer has a body");
        };
        assert_eq!(frame.into_data().unwrap(), "/livez");
    }
}

#[test]
fn endpoint_is_observed_like_any_service() {
    let recorder = RecordingObserver::new();
    let layer = ObserveLayer::<Http, _>::new(recorder.clone());
    let service = assert_observable::<Http, Request<()>, _>(EndpointService::new(Echo));
    let Ok(mut response) = now(layer.layer(service).call(Request::new(())));
    drain(response.body_mut());
    assert_eq!(end(&recorder), "Complete");
}

#[test]
fn stream_passes_all_frames_and_hints() {
    let script = ScriptedBody::new().data("a").pending().data("b");
    let hint = http_body::Body::size_hint(&script);
    let mut body = EndpointBody::stream(script.map_err(|error| panic!("{error}")));
    assert!(body.is_stream() && !EndpointBody::from("a").is_stream());
    assert_eq!(body.size_hint().exact(), hint.exact());
    let mut next = || crate::support::frame(&mut body);
    let data = |polled| match polled {
        Poll::Ready(Some(Ok(frame))) => http_body::Frame::into_data(frame).ok(),
        _ => None,
    };
    assert_eq!(data(next()), Some("a".into()));
    assert!(next().is_pending());
    assert_eq!(data(next()), Some("b".into()));
    assert!(body.is_end_stream());
}
