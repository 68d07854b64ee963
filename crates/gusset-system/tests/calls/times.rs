//! The time of calls, divided by what they do.

use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use gusset_core::{ObserveLayer, RequestResponse};
use gusset_http::Route;
use http_body_util::BodyExt as _;
use tokio::sync::oneshot;
use tower::{Service as _, service_fn};
use tower_layer::Layer as _;

use crate::{Monitored, ROUTE, ms, poll, reply, respond};

#[test]
fn computing_is_polled_and_the_rest_is_waiting() {
    let it = Monitored::new();
    let (answer, answered) = oneshot::channel::<()>();
    let answered = std::sync::Mutex::new(Some(answered));
    let hand = it.hand.clone();
    let mut call = it.call(ROUTE, move || {
        let (hand, answered) = (hand.clone(), answered.lock().unwrap().take().unwrap());
        async move {
            hand.advance(ms(20));
            answered.await.unwrap();
            hand.advance(ms(10));
            reply()
        }
    });
    assert!(poll(&mut call).is_pending());
    it.advance(300);
    answer.send(()).unwrap();
    let Poll::Ready(Ok(response)) = poll(&mut call) else {
        panic!("the answer has arrived");
    };
    // The client reads late.
    it.advance(5);
    let body = poll(&mut Box::pin(response.into_body().collect()));
    assert!(body.is_ready());
    let times = it.times(ROUTE);
    assert_eq!((times.polled, times.waiting), (ms(30), ms(305)));
}

#[test]
fn work_before_the_future_is_polled() {
    let it = Monitored::new();
    let hand = it.hand.clone();
    drop(respond(it.call(ROUTE, move || {
        hand.advance(ms(7));
        ready(reply())
    })));
    assert_eq!(it.times(ROUTE).polled, ms(7));
}

#[test]
fn cancelled_call_is_counted_until_its_end() {
    let it = Monitored::new();
    let mut call = it.call(ROUTE, std::future::pending);
    assert!(poll(&mut call).is_pending());
    it.advance(40);
    drop(call);
    assert_eq!(it.times(ROUTE).waiting, ms(40));
    assert_eq!(it.in_flight(ROUTE).calls, 0);
}

#[test]
fn call_that_panics_was_polled() {
    let it = Monitored::new();
    let hand = it.hand.clone();
    let call = it.call(ROUTE, move || {
        let hand = hand.clone();
        async move {
            hand.advance(ms(9));
            panic!("deliberate")
        }
    });
    assert!(catch_unwind(AssertUnwindSafe(|| respond(call))).is_err());
    let times = it.times(ROUTE);
    assert_eq!((times.polled, times.waiting), (ms(9), ms(0)));
    let in_flight = it.in_flight(ROUTE);
    assert_eq!((in_flight.calls, in_flight.longest_poll), (0, None));
}

#[test]
fn stream_is_counted_while_it_goes_on() {
    let it = Monitored::new();
    let mut call = it.call(ROUTE, std::future::pending);
    for _ in 0..3 {
        assert!(poll(&mut call).is_pending());
        it.advance(900);
    }
    assert!(poll(&mut call).is_pending());
    assert_eq!(it.times(ROUTE).waiting, ms(2_700 - 900));
    drop(call);
    assert_eq!(it.times(ROUTE).waiting, ms(2_700));
}

#[test]
fn route_of_the_response_replaces_that_of_the_request() {
    let it = Monitored::new();
    let hand = it.hand.clone();
    let response = respond(it.call("/{*path}", move || {
        hand.advance(ms(3));
        let mut response = reply().unwrap();
        response.extensions_mut().insert(Route::new(ROUTE));
        ready(Ok(response))
    }));
    it.advance(60);
    assert_eq!(it.in_flight(ROUTE).oldest, ms(63));
    assert_eq!(it.in_flight("/{*path}").calls, 0);
    drop(response);
    assert_eq!(it.times(ROUTE).polled, ms(3));
    assert_eq!(it.times("/{*path}").polled, ms(0));
}

#[test]
fn two_layers_observe_a_call_once() {
    let it = Monitored::new();
    let layer = ObserveLayer::<gusset_http::Http, _>::new(it.monitor.clone());
    let layer = layer.with_clock(it.clock.clone());
    let hand = it.hand.clone();
    let service = service_fn(move |_: http::Request<()>| {
        hand.advance(ms(4));
        ready(reply())
    });
    let mut service = layer.clone().layer(layer.layer(service));
    let response = poll(&mut Box::pin(service.call(crate::request(ROUTE))));
    drop(response);
    assert_eq!(it.times(ROUTE).polled, ms(4));
    assert_eq!(it.monitor.in_flight().len(), 1);
}

#[test]
fn messages_have_times_without_a_route() {
    let it = Monitored::new();
    let layer = ObserveLayer::<RequestResponse<u32, u32>, _>::new(it.monitor.clone());
    let hand = it.hand.clone();
    let service = service_fn(move |request: u32| {
        hand.advance(ms(2));
        ready(Ok::<_, std::convert::Infallible>(request))
    });
    let mut service = layer.with_clock(it.clock.clone()).layer(service);
    assert!(poll(&mut Box::pin(service.call(7))).is_ready());
    assert_eq!(it.times("(no route)").polled, ms(2));
}
