//! The state of one call.

use std::sync::Arc;
use std::time::Duration;

use gusset_core::{CallContext, CallObserver, Classify, End, RequestResponse};
use gusset_http::{Http, HttpClassifier, ResponseHead, Route};

use super::routes::{RouteSums, Routes};
use super::settings::{PUBLISH_INTERVAL, nanos};
use super::slot::CallSlot;
use super::thread;
use super::times::TimeSplit;

/// The state of a call that a [`CallMonitor`](super::CallMonitor) observes.
#[derive(Debug)]
pub struct MonitoredCall {
    routes: Arc<Routes>,
    sums: Arc<RouteSums>,
    /// `None` if too many calls are in flight.
    slot: Option<Arc<CallSlot>>,
    split: TimeSplit,
    started: u64,
    /// Whether the call was polled.
    is_entered: bool,
    /// When the sums were last added to those of the route.
    published: u64,
}

// === impl MonitoredCall ===

impl MonitoredCall {
    #[inline]
    pub(super) fn start(routes: &Arc<Routes>, route: Option<&str>, cx: &CallContext) -> Self {
        let sums = routes.get(route);
        sums.set_used();
        let settings = &sums.settings;
        let started = settings.time(cx.started());
        Self {
            routes: routes.clone(),
            sums: sums.clone(),
            slot: CallSlot::acquire(settings.monitor, sums.index, started),
            split: TimeSplit::start(started),
            is_entered: false,
            started,
            published: started,
        }
    }

    #[inline]
    fn enter_poll(&mut self) {
        // The clock has just been read for the start.
        let now = match self.is_entered {
            true => self.sums.settings.now(),
            false => self.published,
        };
        self.is_entered = true;
        self.split.enter(now);
        if let Some(slot) = &self.slot {
            slot.enter(now);
        }
    }

    #[inline]
    fn exit_poll(&mut self) {
        let now = self.sums.settings.now();
        let polled = self.split.exit(now);
        if let Some(slot) = &self.slot {
            slot.exit();
        }
        if polled > self.sums.settings.long_poll {
            report_long_poll(&self.sums, Duration::from_nanos(polled));
        }
        if now.saturating_sub(self.published) > PUBLISH_INTERVAL {
            self.published = now;
            self.sums.add(self.split.take(), false);
        }
    }

    /// Sets the route that is known only with the response.
    fn set_route(&mut self, route: &str) {
        let sums = self.routes.get(Some(route));
        if let Some(slot) = &self.slot {
            slot.set_route(sums.settings.monitor, sums.index);
        }
        sums.set_used();
        self.sums = sums.clone();
    }

    #[inline]
    fn end(mut self, cx: &CallContext) {
        self.split.enter(self.started + nanos(cx.elapsed()));
        self.sums.add(self.split.take(), true);
        if let Some(slot) = self.slot {
            slot.release();
        }
    }
}

impl<R: HttpClassifier> CallObserver<Http<R>> for MonitoredCall {
    #[inline]
    fn enter(&mut self) {
        self.enter_poll();
    }

    #[inline]
    fn exit(&mut self) {
        self.exit_poll();
    }

    #[inline]
    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        if let Some(route) = Route::from_response(res, R::SIDE) {
            self.set_route(route.as_str());
        }
    }

    #[inline]
    fn on_end(self, _: End<'_, Http<R>>, cx: &CallContext) {
        self.end(cx);
    }
}

impl<Req, Res, R> CallObserver<RequestResponse<Req, Res, R>> for MonitoredCall
where
    Req: 'static,
    Res: 'static,
    R: Classify<RequestResponse<Req, Res, R>>,
{
    #[inline]
    fn enter(&mut self) {
        self.enter_poll();
    }

    #[inline]
    fn exit(&mut self) {
        self.exit_poll();
    }

    #[inline]
    fn on_end(self, _: End<'_, RequestResponse<Req, Res, R>>, cx: &CallContext) {
        self.end(cx);
    }
}

/// Counts a poll that was too long, and logs it, at most once a second.
#[cold]
#[inline(never)]
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
