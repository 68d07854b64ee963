//! Workers of a service.

use std::sync::Arc;

use gusset_core::{Env, MessageHeaders, SpanIds};
use gusset_messaging::{Settlement, SettlementClassifier, Source, Worker};
use gusset_propagation::Propagators;
use tower::Service;
use tower_layer::Layer;

use super::layer::WorkerObservers;
use super::{CallLayer, Gusset, Inner};
use crate::kind::Consumer;

impl Gusset {
    /// Returns a worker that takes messages from `source`, and calls `handler` with each of them.
    ///
    /// Each message is a call as with [`consumer_with_headers`](Self::consumer_with_headers): the trace in its headers is
    /// continued, and its settlement is the outcome. No message is taken after the
    /// [`shutdown_signal`](Self::shutdown_signal).
    ///
    /// No HTTP server is needed: `gusset.serve(worker.run())` marks the start as complete, and the management server
    /// answers the probes.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use gusset::messaging::{MemoryQueue, Settlement};
    /// use tower::service_fn;
    ///
    /// #[derive(Clone)]
    /// struct Order { headers: HashMap<String, String> }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_management().health(|health| health.handle_signals(false)).build()?;
    /// let queue: MemoryQueue<Order> = MemoryQueue::new();
    /// # queue.close();
    /// let handler = service_fn(async |_: Order| Ok::<_, std::io::Error>(Settlement::Ack));
    /// let worker = gusset.worker("orders", queue, |order: &Order| &order.headers, handler);
    /// gusset.serve(worker.run()).await
    /// # }
    /// ```
    pub fn worker<S, H, C>(
        &self,
        destination: &'static str,
        source: S,
        headers: impl Fn(&S::Message) -> &C + Send + Sync + 'static,
        handler: H,
    ) -> Worker<S, WorkerService<S::Message, H>>
    where
        S: Source,
        H: Service<S::Message, Response = Settlement>,
        H::Future: Send + 'static,
        H::Error: 'static,
        C: MessageHeaders + 'static,
    {
        let headers = Arc::new(headers);
        let of_call = headers.clone();
        let layer = self
            .0
            .settling_consumer(destination, move |message: &S::Message| of_call(message));
        let propagators = self.0.telemetry.propagators().clone();
        let worker = Worker::new(destination, source, layer.layer(handler))
            .system(self.0.messaging_system.clone())
            .recorder(self.0.telemetry.recorder())
            .sender_span(move |message| sender_span(&propagators, headers(message)))
            .until(self.shutdown_signal());
        match &self.0.dispatch {
            Some(dispatch) => worker.dispatch(dispatch.clone()),
            None => worker,
        }
    }
}

/// The service of a [`Gusset::worker`]: the handler `H` of messages `M` inside of the observers.
pub type WorkerService<M, H> = <SettlingLayer<M> as Layer<H>>::Service;

/// Returns the span that has sent a message with these headers.
fn sender_span(propagators: &Propagators, headers: &impl MessageHeaders) -> Option<SpanIds> {
    let context = gusset_trace::extract_message(propagators, headers);
    context.span_context.map(|span| span.span_ids())
}

type SettlingLayer<M> = CallLayer<Consumer<M, Settlement, SettlementClassifier>, WorkerObservers>;

impl Inner {
    fn settling_consumer<M: 'static, C: MessageHeaders + 'static>(
        &self,
        destination: &'static str,
        headers: impl Fn(&M) -> &C + Send + Sync + 'static,
    ) -> SettlingLayer<M> {
        let parts = self
            .telemetry
            .message_consumer::<M, Settlement>(self.messaging_system.clone())
            .classifier::<SettlementClassifier>()
            .headers(headers)
            .destination(move |_| Some(destination))
            // Nothing of it comes from the environment.
            .build_parts(Env::from_fn(&|_| None))
            .expect("the defaults are valid")
            .observe_worker(self.health.in_flight());
        CallLayer::new(parts, self.dispatch.clone())
    }
}
