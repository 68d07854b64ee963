//! The throttle and the bulkhead.

use std::error::Error;

use gusset_breaker::bulkhead::Bulkhead;
use gusset_breaker::judge::JudgeOutcome;
use gusset_breaker::throttle::{Throttle, reject_probability};
use gusset_core::{AdmissionLayer, Clock, Rejected, RequestResponse};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{now, secs, serve};

type BoxError = Box<dyn Error + Send + Sync>;
type Job = RequestResponse<u32, u32>;

#[test]
fn a_throttle_refuses_nobody_while_enough_is_accepted() {
    let throttle = Throttle::builder("stock")
        .clock(Clock::manual().0)
        .build()
        .unwrap();
    let mut good = throttle
        .layer::<Job, _>(JudgeOutcome)
        .layer(serve(|| Ok::<_, BoxError>(7)));
    for _ in 0..1000 {
        assert!(now(good.call(1)).is_ok());
    }
    assert_eq!(
        (throttle.counts().calls, throttle.probability()),
        (1000, 0.0)
    );
}

#[test]
fn a_throttle_refuses_more_the_more_fails_and_lets_some_through() {
    let (clock, hand) = Clock::manual();
    let throttle = Throttle::builder("stock")
        .clock(clock)
        .seed(1)
        .build()
        .unwrap();
    let layer = throttle.layer::<Job, _>(JudgeOutcome);
    let bad = serve(|| Err::<u32, BoxError>("down".into()));
    let mut service = layer.layer(bad.clone());
    let mut refused = 0;
    for _ in 0..1000 {
        let error = now(service.call(1)).unwrap_err();
        refused += u32::from(Rejected::find_in(&*error).is_some());
    }
    let (_, called) = bad.touched();
    assert_eq!(refused as usize + called, 1000);
    assert!(called > 1 && called < 50, "{called} of 1000 went through");
    let counts = throttle.counts();
    assert_eq!((counts.calls, counts.failures), (1000, 1000));
    assert!((throttle.probability() - reject_probability(2.0, 1000, 0)).abs() < 1e-9);
    // It forgets, and recovers.
    hand.advance(secs(121));
    let mut good = layer.layer(serve(|| Ok::<_, BoxError>(7)));
    assert!(now(good.call(1)).is_ok());
    assert_eq!(throttle.probability(), 0.0);
}

#[test]
fn a_throttle_that_cannot_be_used_names_the_field() {
    for k in [0.5, f64::NAN] {
        assert_eq!(
            Throttle::builder("stock").k(k).build().unwrap_err().field(),
            "k"
        );
    }
    let none = Throttle::builder("stock").window(secs(0));
    assert_eq!(none.build().unwrap_err().field(), "window");
}

#[test]
fn a_bulkhead_admits_so_many_at_once_and_gives_every_place_back() {
    let bulkhead = Bulkhead::new("stock", 2).unwrap();
    let layer = AdmissionLayer::<Job, _>::new(bulkhead.clone());
    let mut service = layer.layer(serve(|| Ok::<_, BoxError>(7)));
    let (first, second) = (service.call(1), service.call(1));
    assert_eq!(bulkhead.in_flight(), 2);
    let error = now(service.call(1)).unwrap_err();
    assert!(Rejected::find_in(&*error).is_some_and(|mark| mark.by() == "stock"));
    drop(first);
    assert_eq!(now(second).unwrap(), 7);
    assert_eq!(bulkhead.in_flight(), 0);
    assert!(now(service.call(1)).is_ok());
}

#[test]
fn a_bulkhead_is_made_smaller_without_waiting() {
    let bulkhead = Bulkhead::new("stock", 3).unwrap();
    let held: Vec<_> = (0..3).map(|_| bulkhead.try_acquire().unwrap()).collect();
    bulkhead.set_limit(1).unwrap();
    assert!(bulkhead.try_acquire().is_err());
    drop(held);
    assert!(bulkhead.try_acquire().is_ok());
    assert_eq!(bulkhead.set_limit(0).unwrap_err().field(), "limit");
    assert_eq!(bulkhead.limit(), 1);
}
