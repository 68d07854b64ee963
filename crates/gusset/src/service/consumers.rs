//! The layers of consumers of messages.

use gusset_core::{Env, MessageHeaders};
use gusset_health::InFlight;

use super::{CallLayer, Gusset, Inner};
use crate::InstrumentationBuilder;
use crate::kind::Consumer;

// === impl Gusset ===

impl Gusset {
    /// Returns the layer of a consumer of messages from this queue or topic
    /// (`messaging.destination.name`), for any `Service<Req, Response = Res>`. Each message has an
    /// access log entry, a span of its own trace, and metrics; the shutdown waits for those in progress.
    /// [`consumer_with_headers`](Self::consumer_with_headers) continues a trace.
    ///
    /// The system is [`GussetBuilder::messaging_system`](crate::GussetBuilder::messaging_system).
    ///
    /// ```
    /// use tower::{ServiceBuilder, service_fn};
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let orders = ServiceBuilder::new()
    ///     .layer(gusset.consumer::<String, ()>("orders"))
    ///     .service(service_fn(async |_order: String| Ok::<_, std::io::Error>(())));
    /// # Ok(())
    /// # }
    /// ```
    pub fn consumer<Req, Res>(
        &self,
        destination: &'static str,
    ) -> CallLayer<Consumer<Req, Res>, InFlight>
    where
        Req: 'static,
        Res: 'static,
    {
        self.0.consumer(destination, |builder| builder)
    }

    /// Returns the layer of a consumer as [`consumer`](Self::consumer), which continues the trace in the headers of
    /// each message.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// struct Order { headers: HashMap<String, String> }
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let layer = gusset.consumer_with_headers::<_, (), _>("orders", |order: &Order| &order.headers);
    /// # Ok(())
    /// # }
    /// ```
    pub fn consumer_with_headers<Req, Res, C>(
        &self,
        destination: &'static str,
        headers: impl Fn(&Req) -> &C + Send + Sync + 'static,
    ) -> CallLayer<Consumer<Req, Res>, InFlight>
    where
        Req: 'static,
        Res: 'static,
        C: MessageHeaders + 'static,
    {
        self.0
            .consumer(destination, |builder| builder.headers(headers))
    }
}

// === impl Inner ===

type ConsumerBuilder<Req, Res> = InstrumentationBuilder<Consumer<Req, Res>>;

impl Inner {
    fn consumer<Req: 'static, Res: 'static>(
        &self,
        destination: &'static str,
        configure: impl FnOnce(ConsumerBuilder<Req, Res>) -> ConsumerBuilder<Req, Res>,
    ) -> CallLayer<Consumer<Req, Res>, InFlight> {
        let system = self.messaging_system.clone();
        let builder = self.telemetry.message_consumer::<Req, Res>(system);
        let parts = configure(builder)
            .destination(move |_| Some(destination))
            // Nothing of it comes from the environment.
            .build_parts(Env::from_fn(&|_| None))
            .expect("the defaults are valid")
            .count_in_flight(self.health.in_flight());
        CallLayer::new(parts, self.dispatch.clone())
    }
}
