//! One observer makes spans, and all observers get the ids.

use std::sync::{Arc, Mutex};

use gusset_core::{
    BoxObserver, CallContext, CallObserver, CallTracker, CatchPanic, Clock, End, Observer,
    Protocol, SpanIds,
};

use crate::support::Job;

const IDS: SpanIds = SpanIds::new([1; 16], [2; 8], true);

/// Makes the span.
struct Spans;

impl<P: Protocol> Observer<P> for Spans {
    type Call = Self;
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        Self
    }
}

impl<P: Protocol> CallObserver<P> for Spans {
    fn span_ids(&self) -> Option<SpanIds> {
        Some(IDS)
    }
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

/// Keeps what it finds in each hook.
#[derive(Clone, Default)]
struct Finds(Arc<Mutex<Vec<Option<SpanIds>>>>);

impl<P: Protocol> Observer<P> for Finds {
    type Call = Self;
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        self.clone()
    }
}

impl<P: Protocol> CallObserver<P> for Finds {
    fn on_response(&mut self, _: P::Response<'_>, cx: &CallContext) {
        self.0.lock().unwrap().push(cx.span_ids());
    }
    fn on_data(&mut self, _: usize, cx: &CallContext) {
        self.0.lock().unwrap().push(cx.span_ids());
    }
    fn on_end(self, _: End<'_, P>, cx: &CallContext) {
        self.0.lock().unwrap().push(cx.span_ids());
    }
}

fn found(observer: &impl Observer<Job>, finds: &Finds) -> Vec<Option<SpanIds>> {
    let mut track = CallTracker::<Job, _>::start(observer, &1, Clock::system());
    track.on_response(&"done");
    track.on_data(3);
    track.end(End::Complete(None));
    std::mem::take(&mut *finds.0.lock().unwrap())
}

#[test]
fn span_ids_reach_all_observers_in_any_order_and_composition() {
    let finds = Finds::default();
    let all = [Some(IDS); 3];
    assert_eq!(found(&(finds.clone(), Spans), &finds), all);
    assert_eq!(found(&(Spans, finds.clone()), &finds), all);
    let isolated = CatchPanic::new(Some(Spans));
    assert_eq!(found(&(finds.clone(), isolated), &finds), all);
    let boxed = BoxObserver::<Job>::new(finds.clone());
    let list = vec![boxed, BoxObserver::new(Spans)];
    assert_eq!(found(&list, &finds), all);
    assert_eq!(found(&(finds.clone(), None::<Spans>), &finds), [None; 3]);
}
