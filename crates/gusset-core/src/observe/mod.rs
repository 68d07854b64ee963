//! The driver of observers, as Tower middleware.

mod future;
mod layer;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

pub use self::future::ObserveFuture;
pub use self::layer::ObserveLayer;
pub(crate) use self::layer::Shared;
use crate::start_once::start_once;
use crate::{CallTracker, Clock, ErrorStatuses, Observer, ProtocolRequest, ProtocolResponse};

/// Observes the calls of a service. Created by [`ObserveLayer`].
///
/// The service's error has to be `'static`; nothing else is required. Boxes and allocates nothing.
///
/// ```
/// use gusset_core::{ObserveLayer, RequestResponse};
/// use tower_layer::Layer;
///
/// let service = ObserveLayer::<RequestResponse<u32, u32>, _>::new(()).layer("a service");
/// assert_eq!(service.get_ref(), &"a service");
/// assert_eq!(service.into_inner(), "a service");
/// ```
pub struct Observe<S, P, O> {
    inner: S,
    shared: Arc<Shared<O>>,
    clock: Clock,
    error_statuses: Option<ErrorStatuses>,
    // `fn() -> P`: the service is `Send` and `Sync` whatever the protocol type is.
    protocol: PhantomData<fn() -> P>,
}

// === impl Observe ===

impl<S, P, O> Observe<S, P, O> {
    /// Returns the service that is observed.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the service that is observed.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, P, O, Req> Service<Req> for Observe<S, P, O>
where
    S: Service<Req>,
    S::Error: 'static,
    P: ProtocolRequest<Req> + ProtocolResponse<S::Response>,
    O: Observer<P>,
{
    type Response = P::Tracked<O::Call>;
    type Error = S::Error;
    type Future = ObserveFuture<S::Future, P, O::Call>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Req) -> Self::Future {
        let cache = P::Cache::default();
        let head = P::head(&req, &cache);
        let shared = &*self.shared;
        let key = shared.key::<P>(head);
        let mut track = CallTracker::start_in_layer(
            |cx| start_once(&shared.observer, head, cx),
            shared.observers.set(),
            head,
            key.unwrap_or(shared.protocol_key),
            self.error_statuses,
            self.clock.clone(),
        );
        let mut poll = track.poll_guard();
        poll.enter_with_request();
        // A service may do its work, and unwind, before it returns a future.
        let inner = self.inner.call(req);
        poll.exit();
        drop(poll);
        if key.is_none() {
            track.forget_request();
        }
        ObserveFuture::new(inner, track)
    }
}

impl<S: Clone, P, O> Clone for Observe<S, P, O> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: self.shared.clone(),
            clock: self.clock.clone(),
            error_statuses: self.error_statuses,
            protocol: PhantomData,
        }
    }
}

impl<S: fmt::Debug, P, O> fmt::Debug for Observe<S, P, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observe")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
