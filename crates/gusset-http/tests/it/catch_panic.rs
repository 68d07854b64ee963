//! With `CatchPanic` an observer may panic in every hook, and the body is not affected.

use gusset_core::{CallContext, CallObserver, CatchPanic, End, ObserveLayer, Observer, Protocol};
use gusset_http::Http;
use gusset_testkit::{RecordingObserver, ScriptedBody};
use http::Method;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Answers, drain, end, now, ok, only, panics, request};

/// Panics in one of the hooks.
#[derive(Clone, Copy)]
struct Faulty(u8);

impl Faulty {
    fn hook(self, number: u8) {
        if self.0 == number {
            panic!("scripted panic");
        }
    }
}

impl<P: Protocol> Observer<P> for Faulty {
    type Call = Self;
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        self.hook(0);
        *self
    }
}

impl<P: Protocol> CallObserver<P> for Faulty {
    fn enter(&mut self) {
        self.hook(1);
    }
    fn exit(&mut self) {
        self.hook(2);
    }
    fn on_response(&mut self, _: P::Response<'_>, _: &CallContext) {
        self.hook(3);
    }
    fn on_data(&mut self, _: usize, _: &CallContext) {
        self.hook(4);
    }
    fn on_end(self, _: End<'_, P>, _: &CallContext) {
        self.hook(5);
    }
}

#[test]
fn hook_panic_does_not_affect_the_body_or_other_observers() {
    // Installs the panic hook.
    assert!(panics(|| panic!("scripted panic")));
    for number in 0..=5 {
        let (outer, inner) = (RecordingObserver::new(), RecordingObserver::new());
        let observer = (
            outer.clone(),
            CatchPanic::new(Faulty(number)),
            inner.clone(),
        );
        let body = ScriptedBody::new()
            .data("ab")
            .pending()
            .data("c")
            .trailers("sum", "6");
        let layer = ObserveLayer::<Http, _>::new(observer);
        let mut service = layer.layer(Answers::with(ok(body)));
        let Ok(mut response) = now(service.call(request(Method::GET)));
        drain(response.body_mut());
        for recorder in [&outer, &inner] {
            assert_eq!(end(recorder), "Complete(trailers)", "hook {number}");
            let call = only(recorder);
            assert_eq!(
                (call.responses, call.chunks, call.bytes),
                (1, 2, 3),
                "hook {number}"
            );
        }
    }
}

#[test]
fn body_panic_passes_a_faulty_observer() {
    for number in 0..=5 {
        let recorder = RecordingObserver::new();
        let observer = (CatchPanic::new(Faulty(number)), recorder.clone());
        let layer = ObserveLayer::<Http, _>::new(observer);
        let mut service = layer.layer(Answers::with(ok(ScriptedBody::new().panic())));
        let Ok(mut response) = now(service.call(request(Method::GET)));
        assert!(panics(|| drain(response.body_mut())), "hook {number}");
        drop(response);
        assert_eq!(end(&recorder), "Panicked(body)", "hook {number}");
    }
}
