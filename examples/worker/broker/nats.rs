//! A stream of NATS JetStream, and another one for its dead letters.

use std::time::Duration;

use async_nats::jetstream::consumer::pull::{Config as ConsumerConfig, Stream};
use async_nats::jetstream::stream::{Config, RetentionPolicy};
use async_nats::jetstream::{self, AckKind, Context, Message};
use futures_util::StreamExt as _;
use gusset::messaging::headers::NatsHeaders;
use gusset::messaging::{Acknowledge, Delivery, Received, Settlement, Source};

use super::{BoxError, Broker, DEAD, ORDERS, Order, parse};

const WORKERS: &str = "workers";
const REPLAY: &str = "replay";
/// After this time without a settlement, the broker delivers a message again. Longer than an order takes.
const ACK_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct Nats(Context);

/// The messages for one worker.
pub(crate) struct Orders(Stream, Context);

/// What settles a message.
pub(crate) struct Taken(Message, Context);

impl Nats {
    pub(crate) async fn connect(url: &str) -> Result<Self, BoxError> {
        let context = jetstream::new(async_nats::connect(url).await?);
        for subject in [ORDERS, DEAD] {
            let stream = Config {
                name: stream_of(subject),
                subjects: vec![subject.to_owned()],
                retention: RetentionPolicy::WorkQueue,
                ..Config::default()
            };
            context.get_or_create_stream(stream).await?;
        }
        Ok(Self(context))
    }
}

/// Returns the name of the stream of a subject. It has no dots.
fn stream_of(subject: &str) -> String {
    subject.replace('.', "_")
}

impl Broker for Nats {
    const SYSTEM: &'static str = "nats";
    type Headers = NatsHeaders;
    type Source = Orders;

    async fn subscribe(&self) -> Result<Orders, BoxError> {
        let stream = self.0.get_stream(stream_of(ORDERS)).await?;
        let config = ConsumerConfig {
            durable_name: Some(WORKERS.to_owned()),
            ack_wait: ACK_TIMEOUT,
            ..ConsumerConfig::default()
        };
        let consumer = stream.get_or_create_consumer(WORKERS, config).await?;
        Ok(Orders(consumer.messages().await?, self.0.clone()))
    }

    async fn send(&self, order: Order<NatsHeaders>) -> Result<(), BoxError> {
        let payload = order.number.to_string().into();
        let sent = self
            .0
            .publish_with_headers(ORDERS, order.headers.into(), payload);
        // The second future is the confirmation of the broker.
        sent.await?.await?;
        Ok(())
    }

    async fn dead_letters(&self) -> Result<usize, BoxError> {
        let mut stream = self.0.get_stream(stream_of(DEAD)).await?;
        Ok(usize::try_from(stream.info().await?.state.messages)?)
    }

    async fn replay(&self) -> Result<usize, BoxError> {
        let stream = self.0.get_stream(stream_of(DEAD)).await?;
        // Durable, because a stream that is a queue has one consumer, and another replay uses it again.
        let config = ConsumerConfig {
            durable_name: Some(REPLAY.to_owned()),
            ..ConsumerConfig::default()
        };
        let consumer = stream.get_or_create_consumer(REPLAY, config).await?;
        let mut messages = consumer.fetch().max_messages(100).messages().await?;
        let mut replayed = 0;
        while let Some(message) = messages.next().await {
            let message = message?;
            let headers = message.headers.clone().unwrap_or_default();
            let payload = message.payload.clone();
            let sent = self.0.publish_with_headers(ORDERS, headers, payload);
            sent.await?.await?;
            message.double_ack().await?;
            replayed += 1;
        }
        Ok(replayed)
    }
}

impl Source for Orders {
    type Message = Order<NatsHeaders>;
    type Acknowledge = Taken;

    async fn receive(&mut self) -> Received<Self> {
        let message = match self.0.next().await? {
            Ok(message) => message,
            Err(error) => return Some(Err(error.into())),
        };
        Some(delivery(message, &self.1))
    }
}

fn delivery(
    message: Message,
    context: &Context,
) -> Result<Delivery<Order<NatsHeaders>, Taken>, BoxError> {
    let order = Order {
        number: parse(&message.payload)?,
        headers: message.headers.clone().into(),
    };
    let info = message.info()?;
    let id = info.stream_sequence.to_string();
    let count = u32::try_from(info.delivered)?;
    let sent = info.published.into();
    let taken = Taken(message, context.clone());
    Ok(Delivery::new(order, taken)
        .with_id(id)
        .with_count(count)
        .with_sent(sent))
}

impl Acknowledge for Taken {
    async fn settle(self, settlement: Settlement) -> Result<(), BoxError> {
        let Self(message, context) = self;
        match settlement {
            Settlement::Ack => message.double_ack().await,
            Settlement::Nack => message.ack_with(AckKind::Nak(None)).await,
            Settlement::DeadLetter => {
                let headers = message.headers.clone().unwrap_or_default();
                let payload = message.payload.clone();
                let sent = context.publish_with_headers(DEAD, headers, payload);
                sent.await?.await?;
                message.ack_with(AckKind::Term).await
            }
        }
    }
}
