//! The observer that counts calls and visitors.

use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, Observer, ObserverId};
use gusset_http::{
    Http, HttpClassifier, RequestAttributes, RequestHead, RequestOptions, ResponseHead, Route,
};

use crate::Usage;
use crate::calls::{PageId, ShardId};
use crate::shared::Shared;

/// Counts the calls of a server and their visitors. Created by [`Usage::observer`](crate::Usage::observer).
///
/// In steady state a call takes no lock and allocates nothing. The first call of a visitor in five minutes takes a lock
/// for less than a microsecond, and the first call of five minutes copies the counts.
#[derive(Clone, Debug)]
pub struct UsageObserver {
    shared: Arc<Shared>,
    options: Arc<RequestOptions>,
}

/// One call of a [`UsageObserver`].
#[derive(Debug)]
pub struct UsageCall {
    shared: Arc<Shared>,
    shard: ShardId,
    page: PageId,
    is_bot: bool,
}

// === impl Usage ===

impl Usage {
    /// Returns the observer of the calls of a server.
    pub fn observer(&self) -> UsageObserver {
        UsageObserver {
            shared: Arc::clone(&self.shared),
            options: Arc::default(),
        }
    }
}

// === impl UsageObserver ===

impl UsageObserver {
    /// Sets the options by which telemetry reads a request: the route, and the address of the client behind trusted
    /// proxies. Defaults to those of `RequestOptions::default()`.
    #[must_use = "returns the observer with the change"]
    pub fn with_request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
        self
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for UsageObserver {
    type Call = UsageCall;

    #[inline]
    fn start(&self, req: RequestHead<'_>, cx: &mut CallContext) -> UsageCall {
        let attributes = RequestAttributes::new(req, R::SIDE, &self.options);
        let shared = &*self.shared;
        let tick = shared.tick(cx.started());
        let is_bot = shared.bots.is_bot(req.headers);
        if !is_bot {
            shared.visitors.visit(attributes, tick);
        }
        UsageCall {
            shard: shared.calls.start(),
            page: shared.calls.page(attributes.untruncated_route()),
            is_bot,
            shared: Arc::clone(&self.shared),
        }
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.shared)
    }
}

// === impl UsageCall ===

impl<R: HttpClassifier> CallObserver<Http<R>> for UsageCall {
    #[inline]
    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        if let Some(route) = Route::from_response(res, R::SIDE) {
            self.page = self.shared.calls.page(Some(route.as_str()));
        }
    }

    #[inline]
    fn on_end(self, _: End<'_, Http<R>>, _: &CallContext) {
        self.shared.calls.end(self.shard, self.page, self.is_bot);
    }
}
