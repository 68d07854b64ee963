//! One observer knows where the call belongs in a trace, and all are told.

use std::sync::{Arc, Mutex};

use gusset_core::{
    BoxObserver, Call, Clock, Cx, End, Isolate, Observer, Protocol, TraceIds, Track,
};

use crate::support::Job;

const IDS: TraceIds = TraceIds::new([1; 16], [2; 8], true);

/// Makes the span.
struct Spans;

impl<P: Protocol> Observer<P> for Spans {
    type Call = Self;
    fn start(&self, _: P::Request<'_>, _: &mut Cx) -> Self {
        Self
    }
}

impl<P: Protocol> Call<P> for Spans {
    fn trace_ids(&self) -> Option<TraceIds> {
        Some(IDS)
    }
    fn on_end(self, _: End<'_, P>, _: &Cx) {}
}

/// Keeps what it finds in each hook.
#[derive(Clone, Default)]
struct Finds(Arc<Mutex<Vec<Option<TraceIds>>>>);

impl<P: Protocol> Observer<P> for Finds {
    type Call = Self;
    fn start(&self, _: P::Request<'_>, _: &mut Cx) -> Self {
        self.clone()
    }
}

impl<P: Protocol> Call<P> for Finds {
    fn on_response(&mut self, _: P::Response<'_>, cx: &Cx) {
        self.0.lock().unwrap().push(cx.trace());
    }
    fn on_data(&mut self, _: usize, cx: &Cx) {
        self.0.lock().unwrap().push(cx.trace());
    }
    fn on_end(self, _: End<'_, P>, cx: &Cx) {
        self.0.lock().unwrap().push(cx.trace());
    }
}

fn found(observer: &impl Observer<Job>, finds: &Finds) -> Vec<Option<TraceIds>> {
    let mut track = Track::<Job, _>::start(observer, &1, Clock::system());
    track.respond(&"done");
    track.data(3);
    track.end(End::Complete(None));
    std::mem::take(&mut *finds.0.lock().unwrap())
}

#[test]
fn the_ids_of_the_span_are_told_to_all_observers_in_any_order_and_through_any_wrapping() {
    let finds = Finds::default();
    let all = [Some(IDS); 3];
    assert_eq!(found(&(finds.clone(), Spans), &finds), all);
    assert_eq!(found(&(Spans, finds.clone()), &finds), all);
    let isolated = Isolate::new(Some(Spans));
    assert_eq!(found(&(finds.clone(), isolated), &finds), all);
    let boxed = BoxObserver::<Job>::new(finds.clone());
    let list = vec![boxed, BoxObserver::new(Spans)];
    assert_eq!(found(&list, &finds), all);
    assert_eq!(found(&(finds.clone(), None::<Spans>), &finds), [None; 3]);
}
