//! A quorum queue of RabbitMQ, which counts deliveries, with a dead-letter queue.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt as _;
use gusset::messaging::headers::AmqpHeaders;
use gusset::messaging::{Acknowledge, Delivery, Received, Settlement, Source};
use lapin::acker::Acker;
use lapin::message::Delivery as Message;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicNackOptions, BasicPublishOptions,
    BasicQosOptions, BasicRejectOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};

use super::{BoxError, Broker, DEAD, ORDERS, Order, parse};

/// The number of messages that the broker sends without their settlement.
const PREFETCH: u16 = 16;

#[derive(Clone)]
pub(crate) struct RabbitMq {
    channel: Channel,
    /// It is closed when it is dropped.
    _connection: Arc<Connection>,
}

/// The messages for one worker.
pub(crate) struct Orders(Consumer);

/// What settles a message.
pub(crate) struct Taken(Acker);

impl RabbitMq {
    pub(crate) async fn connect(url: &str) -> Result<Self, BoxError> {
        let properties = ConnectionProperties::default()
            .with_executor(tokio_executor_trait::Tokio::current())
            .with_reactor(tokio_reactor_trait::Tokio::current());
        let connection = Connection::connect(url, properties).await?;
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        channel
            .basic_qos(PREFETCH, BasicQosOptions::default())
            .await?;
        let durable = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        let mut arguments = FieldTable::default();
        let mut argument = |name: &str, value: &str| {
            arguments.insert(name.into(), AMQPValue::LongString(value.into()));
        };
        argument("x-queue-type", "quorum");
        argument("x-dead-letter-exchange", "");
        argument("x-dead-letter-routing-key", DEAD);
        channel.queue_declare(ORDERS, durable, arguments).await?;
        channel
            .queue_declare(DEAD, durable, FieldTable::default())
            .await?;
        Ok(Self {
            channel,
            _connection: Arc::new(connection),
        })
    }

    async fn publish(&self, payload: &[u8], headers: FieldTable) -> Result<(), BoxError> {
        let sent = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let properties = BasicProperties::default()
            .with_headers(headers)
            .with_timestamp(sent)
            // Persistent.
            .with_delivery_mode(2);
        let options = BasicPublishOptions::default();
        let sent = self
            .channel
            .basic_publish("", ORDERS, options, payload, properties);
        // The second future is the confirmation of the broker.
        sent.await?.await?;
        Ok(())
    }
}

impl Broker for RabbitMq {
    const SYSTEM: &'static str = "rabbitmq";
    type Headers = AmqpHeaders;
    type Source = Orders;

    async fn subscribe(&self) -> Result<Orders, BoxError> {
        let options = BasicConsumeOptions::default();
        let arguments = FieldTable::default();
        let consumer = self
            .channel
            .basic_consume(ORDERS, "worker", options, arguments);
        Ok(Orders(consumer.await?))
    }

    async fn send(&self, order: Order<AmqpHeaders>) -> Result<(), BoxError> {
        let payload = order.number.to_string();
        self.publish(payload.as_bytes(), order.headers.into()).await
    }

    async fn dead_letters(&self) -> Result<usize, BoxError> {
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let dead = self
            .channel
            .queue_declare(DEAD, passive, FieldTable::default());
        Ok(usize::try_from(dead.await?.message_count())?)
    }

    async fn replay(&self) -> Result<usize, BoxError> {
        let mut replayed = 0;
        while let Some(message) = self
            .channel
            .basic_get(DEAD, BasicGetOptions::default())
            .await?
        {
            let headers = message.properties.headers().clone().unwrap_or_default();
            self.publish(&message.data, without_history(&headers))
                .await?;
            message.ack(BasicAckOptions::default()).await?;
            replayed += 1;
        }
        Ok(replayed)
    }
}

/// Returns the headers without those of the broker, such as the number of deliveries.
fn without_history(headers: &FieldTable) -> FieldTable {
    let mut kept = FieldTable::default();
    for (name, value) in headers {
        if !name.as_str().starts_with("x-") {
            kept.insert(name.clone(), value.clone());
        }
    }
    kept
}

impl Source for Orders {
    type Message = Order<AmqpHeaders>;
    type Acknowledge = Taken;

    async fn receive(&mut self) -> Received<Self> {
        match self.0.next().await? {
            Ok(message) => Some(delivery(message)),
            Err(error) => Some(Err(error.into())),
        }
    }
}

fn delivery(message: Message) -> Result<Delivery<Order<AmqpHeaders>, Taken>, BoxError> {
    let headers = message.properties.headers().clone().unwrap_or_default();
    // Absent in the first delivery.
    let before = headers.inner().get("x-delivery-count");
    let before = before.and_then(AMQPValue::as_long_long_int).unwrap_or(0);
    let order = Order {
        number: parse(&message.data)?,
        headers: headers.into(),
    };
    // A tag is another one in each delivery.
    let id = order.number.to_string();
    let delivery = Delivery::new(order, Taken(message.acker))
        .with_id(id)
        .with_count(u32::try_from(before)? + 1);
    Ok(match message.properties.timestamp() {
        Some(seconds) => delivery.with_sent(UNIX_EPOCH + Duration::from_secs(*seconds)),
        None => delivery,
    })
}

impl Acknowledge for Taken {
    async fn settle(self, settlement: Settlement) -> Result<(), BoxError> {
        match settlement {
            Settlement::Ack => self.0.ack(BasicAckOptions::default()).await?,
            Settlement::Nack => {
                let requeue = BasicNackOptions {
                    requeue: true,
                    ..BasicNackOptions::default()
                };
                self.0.nack(requeue).await?
            }
            // The broker puts it into the dead-letter queue.
            Settlement::DeadLetter => self.0.reject(BasicRejectOptions { requeue: false }).await?,
        };
        Ok(())
    }
}
