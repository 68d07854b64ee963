//! A monitored call allocates nothing in steady state.

use std::convert::Infallible;
use std::future::{Future as _, Ready, ready};
use std::pin::pin;
use std::task::{Context, Waker};

use gusset_core::{ObserveLayer, RequestResponse};
use gusset_system::CallMonitor;
use tower::{Service, service_fn};
use tower_layer::Layer as _;

fn run(service: &mut impl Service<u32, Error = Infallible>) {
    let mut call = pin!(service.call(7));
    assert!(
        call.as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    );
}

#[test]
fn monitored_call_allocates_nothing() {
    let layer = ObserveLayer::<RequestResponse<u32, u32>, _>::new(CallMonitor::builder().build());
    let handler = |request| -> Ready<Result<u32, Infallible>> { ready(Ok(request)) };
    let mut service = layer.layer(service_fn(handler));
    run(&mut service);
    let info = allocation_counter::measure(|| (0..1_000).for_each(|_| run(&mut service)));
    assert_eq!(info.count_total, 0);
}
