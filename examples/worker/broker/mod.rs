//! A queue of orders with a queue for failures beside it, on several brokers.
//!
//! Each is a [`Source`] of `gusset-messaging` and the sending side: what a service writes for its broker.

mod memory;
mod nats;
mod rabbitmq;
mod redis;

use gusset::messaging::Source;
use gusset::{MessageHeaders, MessageHeadersMut};

pub(crate) use self::memory::Memory;
pub(crate) use self::nats::Nats;
pub(crate) use self::rabbitmq::RabbitMq;
pub(crate) use self::redis::Redis;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The queue, and where its failures go.
pub(crate) const ORDERS: &str = "orders";
pub(crate) const DEAD: &str = "orders.dead";

/// An order, with the headers of its message: they have the trace context of the one who has sent it.
#[derive(Clone, Debug)]
pub(crate) struct Order<H> {
    pub(crate) number: u32,
    pub(crate) headers: H,
}

/// A connection to a broker. Clones share it.
pub(crate) trait Broker: Clone + Send + Sync + 'static {
    /// `messaging.system`.
    const SYSTEM: &'static str;
    /// The headers of the client library.
    type Headers: MessageHeaders + MessageHeadersMut + Default + Send + 'static;
    type Source: Source<Message = Order<Self::Headers>>;

    /// Returns the orders, for one worker.
    fn subscribe(&self) -> impl Future<Output = Result<Self::Source, BoxError>> + Send;

    fn send(
        &self,
        order: Order<Self::Headers>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Returns the number of orders that were put aside.
    fn dead_letters(&self) -> impl Future<Output = Result<usize, BoxError>> + Send;

    /// Sends the orders that were put aside again, with the headers that they had. Returns how many.
    fn replay(&self) -> impl Future<Output = Result<usize, BoxError>> + Send;
}

/// Returns the number in the payload of a message.
fn parse(payload: &[u8]) -> Result<u32, BoxError> {
    Ok(std::str::from_utf8(payload)?.parse()?)
}
