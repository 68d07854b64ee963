//! The state of one call.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use gusset_core::{CallContext, CallObserver, Classify, End, RequestResponse};
use gusset_http::{Http, HttpClassifier, ResponseHead, Route};

use super::routes::RouteSums;
use super::slot::CallSlot;
use super::thread;

/// The state of a call that a [`CallMonitor`](super::CallMonitor) observes.
//
// Two pointers: a call is moved with its future and its body.
#[derive(Debug)]
pub struct MonitoredCall {
    sums: Arc<RouteSums>,
    slot: Arc<CallSlot>,
}

// === impl MonitoredCall ===

impl MonitoredCall {
    #[inline]
    pub(super) fn start(sums: &Arc<RouteSums>) -> Self {
        sums.set_used();
        let settings = &sums.settings;
        Self {
            slot: CallSlot::acquire(settings, sums.index, settings.ticks.now()),
            sums: sums.clone(),
        }
    }

    #[expect(clippy::inline_always, reason = "measured: 15 instructions a poll")]
    #[inline(always)]
    fn enter_poll(&mut self) {
        self.slot.enter(self.sums.settings.ticks.now());
    }

    #[expect(clippy::inline_always, reason = "measured: 25 instructions a poll")]
    #[inline(always)]
    fn exit_poll(&mut self) {
        let Self { sums, slot } = self;
        let settings = &*sums.settings;
        let now = settings.ticks.now();
        let polled = slot.exit(now);
        let unpublished = now.saturating_sub(slot.published.get());
        if polled > settings.long_poll || unpublished > settings.publish_interval {
            self.after_long_time(now, polled);
        }
    }

    /// Reports a poll that was too long, and adds the times of a long call to its route.
    #[cold]
    #[inline(never)]
    fn after_long_time(&self, now: u64, polled: u64) {
        let Self { sums, slot } = self;
        let settings = &*sums.settings;
        if polled > settings.long_poll {
            report_long_poll(sums, settings.duration(polled));
        }
        if now.saturating_sub(slot.published.get()) > settings.publish_interval {
            slot.published.set(now);
            sums.add(slot.split.take(), false);
        }
    }

    /// Returns a waker that notes when it is woken, and wakes the task.
    #[inline]
    fn waker_of(&self, task: &Waker) -> Waker {
        self.slot.wakes.set_task(task);
        Waker::from(self.slot.clone())
    }

    /// Sets the route that is known only with the response.
    fn set_route(&mut self, route: &str) {
        let Some(routes) = self.sums.routes.upgrade() else {
            return;
        };
        let sums = routes.get(Some(route));
        self.slot.set_route(sums.settings.monitor, sums.index);
        sums.set_used();
        self.sums = sums.clone();
    }

    #[inline]
    fn end(self) {
        let Self { sums, slot } = self;
        let woken = slot.wakes.take();
        slot.split.enter(sums.settings.ticks.now(), woken);
        sums.add(slot.split.take(), true);
        slot.release();
    }
}

impl<R: HttpClassifier> CallObserver<Http<R>> for MonitoredCall {
    #[expect(clippy::inline_always, reason = "as what it calls")]
    #[inline(always)]
    fn enter(&mut self) {
        self.enter_poll();
    }

    #[expect(clippy::inline_always, reason = "as what it calls")]
    #[inline(always)]
    fn exit(&mut self) {
        self.exit_poll();
    }

    #[inline]
    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        Some(self.waker_of(task))
    }

    #[inline]
    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        self.slot.wakes.forget();
        if let Some(route) = Route::from_response(res, R::SIDE) {
            self.set_route(route.as_str());
        }
    }

    #[inline]
    fn on_data(&mut self, _: usize, _: &CallContext) {
        self.slot.wakes.forget();
    }

    #[inline]
    fn on_end(self, _: End<'_, Http<R>>, _: &CallContext) {
        self.end();
    }
}

impl<Req, Res, R> CallObserver<RequestResponse<Req, Res, R>> for MonitoredCall
where
    Req: 'static,
    Res: 'static,
    R: Classify<RequestResponse<Req, Res, R>>,
{
    #[expect(clippy::inline_always, reason = "as what it calls")]
    #[inline(always)]
    fn enter(&mut self) {
        self.enter_poll();
    }

    #[expect(clippy::inline_always, reason = "as what it calls")]
    #[inline(always)]
    fn exit(&mut self) {
        self.exit_poll();
    }

    #[inline]
    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        Some(self.waker_of(task))
    }

    #[inline]
    fn on_end(self, _: End<'_, RequestResponse<Req, Res, R>>, _: &CallContext) {
        self.end();
    }
}

/// Counts a poll that was too long, and logs it, at most once a second.
fn report_long_poll(sums: &RouteSums, polled: Duration) {
    sums.add_long_poll();
    let settings = &sums.settings;
    if settings.long_poll_events.try_acquire(settings.clock.now()) {
        let thread = std::thread::current();
        tracing::warn!(
            target: crate::TARGET,
            {
                http.route = sums.name.text().as_str(),
                thread.id = thread::id(),
                thread.name = thread.name(),
                gusset.poll.duration = polled.as_secs_f64(),
            },
            "a poll of a call blocked its worker thread for {polled:?}; meanwhile the thread runs no other task. \
             Move blocking calls and long computations to `tokio::task::spawn_blocking`",
        );
    }
}
