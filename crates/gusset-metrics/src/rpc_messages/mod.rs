//! The messages of gRPC calls, counted while the calls live.

mod body;
mod future;
mod scanner;

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use gusset_data::{MetricDescriptor, SharedRecorder, contain_recorder};
use gusset_http::{RequestHead, sends_grpc_messages};
use http::{Request, Response};
use metrics::Label;
use tower_layer::Layer;
use tower_service::Service;

pub use self::body::CountedMessages;
use self::body::{BodyCounter, DirectionCounters};
pub use self::future::RpcMessagesFuture;
use crate::names::{self, NETWORK_IO_DIRECTION};

/// A layer that counts the messages and bytes of gRPC calls in both directions as they pass, so that a stream which lives for
/// days is visible.
///
/// The metrics of calls are recorded at their ends. These counters grow meanwhile: `gusset.rpc.server.messages` and
/// `gusset.rpc.server.io`, or the same with `client`, by `network.io.direction`. A message counts when its last byte has passed.
/// Calls that are not gRPC, and gRPC-Web, are not counted.
///
/// It is a layer and not an observer, because it replaces both bodies by a [`CountedMessages`]. It may be inside or outside of
/// the observers. Allocates nothing. Costs a few reference counts a call, and a look at the five bytes before each message.
///
/// ```
/// use std::sync::Arc;
///
/// use gusset_metrics::Registry;
/// use gusset_metrics::rpc_messages::RpcMessagesLayer;
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let registry = Arc::new(Registry::builder().build()?);
/// let layer = RpcMessagesLayer::server(registry);
/// // With tonic: `Server::builder().layer(layer)`.
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RpcMessagesLayer {
    counters: Arc<Counters>,
}

/// The counters of the request bodies, and of the response bodies.
struct Counters {
    requests: DirectionCounters,
    responses: DirectionCounters,
}

/// The service that an [`RpcMessagesLayer`] creates.
#[derive(Clone)]
pub struct RpcMessages<S> {
    inner: S,
    counters: Arc<Counters>,
}

// === impl RpcMessagesLayer ===

impl RpcMessagesLayer {
    /// Creates the layer of a server, which receives requests.
    pub fn server(recorder: SharedRecorder) -> Self {
        let metrics = [names::RPC_SERVER_MESSAGES, names::RPC_SERVER_IO];
        Self::new(recorder, metrics, ["receive", "transmit"])
    }

    /// Creates the layer of a client, which sends requests.
    ///
    /// tonic's channel takes only its own body: `map_request(|req| req.map(tonic::body::Body::new))` goes between this layer and
    /// the channel.
    pub fn client(recorder: SharedRecorder) -> Self {
        let metrics = [names::RPC_CLIENT_MESSAGES, names::RPC_CLIENT_IO];
        Self::new(recorder, metrics, ["transmit", "receive"])
    }

    fn new(
        recorder: SharedRecorder,
        metrics: [MetricDescriptor; 2],
        [requests, responses]: [&'static str; 2],
    ) -> Self {
        let recorder = contain_recorder(recorder);
        metrics.iter().for_each(|metric| metric.describe(&recorder));
        let [messages, bytes] = metrics;
        let of_direction = |direction| {
            let labels = || vec![Label::from_static_parts(NETWORK_IO_DIRECTION, direction)];
            DirectionCounters {
                messages: messages.counter(&recorder, labels()),
                bytes: bytes.counter(&recorder, labels()),
            }
        };
        Self {
            counters: Arc::new(Counters {
                requests: of_direction(requests),
                responses: of_direction(responses),
            }),
        }
    }
}

impl<S> Layer<S> for RpcMessagesLayer {
    type Service = RpcMessages<S>;

    fn layer(&self, inner: S) -> RpcMessages<S> {
        RpcMessages {
            inner,
            counters: self.counters.clone(),
        }
    }
}

impl fmt::Debug for RpcMessagesLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RpcMessagesLayer")
    }
}

// === impl RpcMessages ===

impl<S, Req, Res> Service<Request<Req>> for RpcMessages<S>
where
    S: Service<Request<CountedMessages<Req>>, Response = Response<Res>>,
{
    type Response = Response<CountedMessages<Res>>;
    type Error = S::Error;
    type Future = RpcMessagesFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Request<Req>) -> Self::Future {
        let counters = sends_grpc_messages(RequestHead::from(&req)).then_some(&*self.counters);
        let counter = counters.map(|counters| BodyCounter::new(counters.requests.clone()));
        let req = req.map(|body| CountedMessages::new(body, counter));
        let responses = counters.map(|counters| counters.responses.clone());
        RpcMessagesFuture::new(self.inner.call(req), responses)
    }
}

impl<S: fmt::Debug> fmt::Debug for RpcMessages<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcMessages")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
