//! One call, as it is measured.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{Call, Cx, Delivery, End, Outcome};
use gusset_http::{Http, RequestHead, ResponseHead, Route, Rules, is_endless};

use super::shared::Shared;
use crate::key::SeriesKey;

/// The state of one call of [`HttpMetrics`](super::HttpMetrics).
pub struct HttpMetricsCall {
    shared: Arc<Shared>,
    key: SeriesKey,
    /// The request was recorded at its head; what follows is the life of a stream.
    endless: bool,
}

// === impl HttpMetricsCall ===

impl HttpMetricsCall {
    #[inline]
    pub(super) fn start(shared: &Arc<Shared>, req: RequestHead<'_>) -> Option<Self> {
        if shared.owner.is_current() {
            return None;
        }
        let key = shared.key(req);
        shared.active(&key).increment(1.0);
        Some(Self {
            shared: shared.clone(),
            key,
            endless: false,
        })
    }

    /// Records the request itself: its duration so far, and when its head came.
    #[inline]
    fn record_request(&self, cx: &Cx) {
        let series = self.shared.series(self.key);
        if series.key.is_none() {
            self.shared.count_folded();
        }
        series.duration().record(seconds(cx.elapsed()));
        if let Some(head) = cx.head() {
            series.time_to_head().record(seconds(head));
            if !self.endless {
                series.response_size().record(cx.bytes() as f64);
            }
        }
    }

    fn record_stream(&self, cx: &Cx) {
        let series = self.shared.series(self.key);
        let life = cx.elapsed().saturating_sub(cx.head().unwrap_or_default());
        series.stream().record(seconds(life));
        series.response_size().record(cx.bytes() as f64);
    }
}

impl<R: Rules> Call<Http<R>> for HttpMetricsCall {
    #[inline]
    fn scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let Self { shared, .. } = self;
        shared.owner.scope(|| {
            if shared.scope_recorder {
                metrics::with_local_recorder(&*shared.recorder, poll)
            } else {
                poll()
            }
        })
    }

    #[inline]
    fn on_response(&mut self, res: ResponseHead<'_>, cx: &Cx) {
        self.key.status = res.status.as_u16();
        if let Some(route) = Route::of_response(res) {
            self.key.name = self.shared.routes.id(route);
        }
        for (label, id) in self.shared.labels.iter().zip(&mut self.key.labels) {
            if let Some(value) = label.of_response(res) {
                *id = value.0;
            }
        }
        if cx.delivery() == Some(Delivery::Body) && res.status.is_success() && is_endless(res) {
            self.endless = true;
            self.record_request(cx);
        }
    }

    #[inline]
    fn on_end(mut self, end: End<'_, Http<R>>, cx: &Cx) {
        self.shared.active(&self.key).decrement(1.0);
        self.key.error = self.shared.errors.id(cx.error_type());
        if self.endless {
            self.record_stream(cx);
        } else {
            self.record_request(cx);
        }
        if cx.outcome() == Some(Outcome::Abandoned) {
            if let Some(stage) = end.stage() {
                self.shared.series(self.key).abandoned(stage).increment(1);
            }
        }
    }
}

impl fmt::Debug for HttpMetricsCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetricsCall")
            .field("key", &self.key)
            .field("endless", &self.endless)
            .finish_non_exhaustive()
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
