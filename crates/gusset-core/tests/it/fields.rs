//! Own fields belong to the innermost call that is polled, until its end.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use gusset_core::field::{self, Field, FieldKind, FieldScope, MAX_FIELDS, MAX_NAME_BYTES};
use gusset_core::{
    CallContext, CallObserver, End, ObserveLayer, Observer, ObserverId, Protocol, RequestResponse,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{now, throw, throws};

type Job = RequestResponse<u32, u32>;
type Work = Pin<Box<dyn Future<Output = Result<u32, ()>>>>;

/// Keeps the fields of each call at its end, as `name=value` and an exclamation mark if they are low.
#[derive(Clone, Default)]
struct Keep(Arc<Mutex<Vec<String>>>);

impl Keep {
    fn layer(&self) -> ObserveLayer<Job, Self> {
        ObserveLayer::new(self.clone())
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl<P: Protocol> Observer<P> for Keep {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        self.clone()
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.0)
    }
}

impl<P: Protocol> CallObserver<P> for Keep {
    fn on_end(self, _: End<'_, P>, cx: &CallContext) {
        let fields = cx.fields().unwrap_or_default();
        let texts = fields.iter().map(|field| {
            let mark = if field.kind() == FieldKind::Low {
                "!"
            } else {
                ""
            };
            format!("{}={}{mark}", field.name(), field.value())
        });
        let text = texts.collect::<Vec<_>>().join(" ");
        self.0.lock().unwrap().push(match fields.dropped() {
            0 => text,
            dropped => format!("{text} dropped={dropped}"),
        });
    }
}

/// A service of a function that returns a future.
#[derive(Clone)]
struct Serve<F>(F);

impl<F: FnMut(u32) -> Work> Service<u32> for Serve<F> {
    type Response = u32;
    type Error = ();
    type Future = Work;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, job: u32) -> Work {
        (self.0)(job)
    }
}

/// Is pending once.
fn pause() -> impl Future<Output = ()> {
    let mut is_ready = false;
    std::future::poll_fn(move |_| match std::mem::replace(&mut is_ready, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
}

fn run<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            return output;
        }
        assert!(FieldScope::current().is_none(), "no call is polled");
    }
}

#[test]
fn fields_of_all_polls_reach_the_end() {
    let keep = Keep::default();
    let mut service = keep.layer().layer(Serve(|_| -> Work {
        field::high("in.call", 1);
        Box::pin(async {
            field::low("tenant", "blue");
            pause().await;
            field::high("user.id", 42);
            field::high("in.call", 2);
            Ok(0)
        })
    }));
    assert_eq!(run(service.call(1)), Ok(0));
    assert_eq!(keep.calls(), ["in.call=2 tenant=blue! user.id=42"]);
}

#[test]
fn last_kind_of_a_field_counts() {
    let keep = Keep::default();
    let mut service = keep.layer().layer(Serve(|_| -> Work {
        field::low("tenant", "blue");
        field::high("tenant", "red");
        Box::pin(async { Ok(0) })
    }));
    now(service.call(1)).unwrap();
    assert_eq!(keep.calls(), ["tenant=red"]);
}

#[test]
fn innermost_call_gets_the_field() {
    let (outer, inner) = (Keep::default(), Keep::default());
    let client = inner.layer().layer(Serve(|job| -> Work {
        Box::pin(async move {
            pause().await;
            field::high("inner", job);
            field::high("again", job);
            Ok(job)
        })
    }));
    let mut service = outer.layer().layer(Serve(move |job| -> Work {
        let mut client = client.clone();
        Box::pin(async move {
            // After the service was called, so that it is another request.
            pause().await;
            field::high("before", 1);
            client.call(job).await?;
            field::high("after", 1);
            client.call(job + 1).await
        })
    }));
    assert_eq!(run(service.call(7)), Ok(8));
    assert_eq!(inner.calls(), ["inner=7 again=7", "inner=8 again=8"]);
    assert_eq!(outer.calls(), ["before=1 after=1"]);
}

#[test]
fn calls_polled_in_turns_keep_their_fields_apart() {
    let keep = Keep::default();
    let mut service = keep.layer().layer(Serve(|job| -> Work {
        Box::pin(async move {
            field::high("first", job);
            pause().await;
            field::high("second", job);
            pause().await;
            Ok(job)
        })
    }));
    let mut calls: Vec<_> = (1..=2).map(|job| Box::pin(service.call(job))).collect();
    for _ in 0..3 {
        for call in &mut calls {
            let _ = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    }
    assert_eq!(keep.calls(), ["first=1 second=1", "first=2 second=2"]);
}

#[test]
fn two_layers_of_a_request_have_the_same_fields() {
    let (outer, inner) = (Keep::default(), Keep::default());
    let service = inner.layer().layer(Serve(|_| -> Work {
        Box::pin(async {
            field::high("early", 1);
            pause().await;
            field::high("late", 1);
            Ok(0)
        })
    }));
    let mut service = outer.layer().layer(service);
    run(service.call(1)).unwrap();
    assert_eq!(inner.calls(), ["early=1 late=1"]);
    assert_eq!(outer.calls(), ["early=1 late=1"]);
    // No task polls a call that is cancelled.
    let mut call = Box::pin(service.call(1));
    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    drop(call);
    assert_eq!(inner.calls(), ["early=1"]);
    assert_eq!(outer.calls(), ["early=1"]);
}

#[test]
fn field_between_two_layers_reaches_both() {
    let (outer, inner) = (Keep::default(), Keep::default());
    let service = inner
        .layer()
        .layer(Serve(|_| -> Work { Box::pin(async { Ok(0) }) }));
    let between = Serve(move |job| -> Work {
        field::high("between", 1);
        let mut service = service.clone();
        Box::pin(service.call(job))
    });
    now(outer.layer().layer(between).call(1)).unwrap();
    assert_eq!(inner.calls(), ["between=1"]);
    assert_eq!(outer.calls(), ["between=1"]);
}

#[test]
fn panicking_and_cancelled_calls_keep_their_fields() {
    let keep = Keep::default();
    let mut service = keep.layer().layer(Serve(|job| -> Work {
        Box::pin(async move {
            field::high("job", job);
            if job == 1 {
                throw();
            }
            pause().await;
            Ok(0)
        })
    }));
    assert!(throws(|| now(service.call(1))));
    let mut call = Box::pin(service.call(2));
    assert!(
        call.as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    drop(call);
    assert_eq!(keep.calls(), ["job=1", "job=2"]);
    assert!(FieldScope::current().is_none());
}

#[test]
fn field_outside_of_a_call_does_nothing() {
    struct Unread;
    impl fmt::Display for Unread {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("a value is not formatted for nothing")
        }
    }
    field::low("tenant", Unread);
    let keep = Keep::default();
    let mut service = keep
        .layer()
        .layer(Serve(|_| -> Work { Box::pin(async { Ok(0) }) }));
    now(service.call(1)).unwrap();
    field::high("user.id", Unread);
    assert_eq!(keep.calls(), [""]);
}

#[test]
fn fields_over_the_limits_are_counted() {
    const NAMES: [&str; MAX_FIELDS] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p",
    ];
    static LONG: [u8; MAX_NAME_BYTES + 1] = [b'x'; MAX_NAME_BYTES + 1];
    let keep = Keep::default();
    let mut service = keep.layer().layer(Serve(|_| -> Work {
        field::high("", 1);
        field::high(std::str::from_utf8(&LONG).unwrap(), 1);
        for name in NAMES {
            field::high(name, 1);
        }
        field::high("q", 1);
        field::high("a", 2);
        Box::pin(async { Ok(0) })
    }));
    now(service.call(1)).unwrap();
    let call = keep.calls().remove(0);
    assert!(call.starts_with("a=2 b=1 "), "{call}");
    assert!(call.ends_with(" p=1 dropped=3"), "{call}");
}

#[test]
fn value_may_set_a_field_while_it_is_formatted() {
    struct Nested;
    impl fmt::Display for Nested {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            field::high("nested", 1);
            f.write_str("outer")
        }
    }
    let keep = Keep::default();
    let mut service = keep.layer().layer(Serve(|_| -> Work {
        field::high("outer", Nested);
        Box::pin(async { Ok(0) })
    }));
    now(service.call(1)).unwrap();
    assert_eq!(keep.calls(), ["nested=1 outer=outer"]);
}

#[test]
fn scope_of_a_call_takes_fields_of_another_thread() {
    let keep = Keep::default();
    let mut service = keep.layer().layer(Serve(|_| -> Work {
        let scope = FieldScope::current().unwrap();
        let set = move || {
            field::high("lost", 1);
            scope.scope(|| field::high("found", 1));
            field::high("lost", 1);
        };
        std::thread::spawn(set).join().unwrap();
        Box::pin(async { Ok(0) })
    }));
    now(service.call(1)).unwrap();
    assert_eq!(keep.calls(), ["found=1"]);
}

#[test]
fn observer_sets_fields_at_the_start() {
    struct Zone;
    impl<P: Protocol> Observer<P> for Zone {
        type Call = ();
        fn start(&self, _: P::Request<'_>, cx: &mut CallContext) {
            cx.set_field(Field::new(FieldKind::Low, "zone", "a"));
        }
    }
    let keep = Keep::default();
    let layer = ObserveLayer::<Job, _>::new((keep.clone(), Zone));
    let mut service = layer.layer(Serve(|_| -> Work {
        field::high("user.id", 1);
        Box::pin(async { Ok(0) })
    }));
    now(service.call(1)).unwrap();
    assert_eq!(keep.calls(), ["zone=a! user.id=1"]);
}
