//! A stream of Redis with a group of workers, and another one for its dead letters.

use std::time::{Duration, UNIX_EPOCH};

use gusset::messaging::headers::RedisFields;
use gusset::messaging::{Acknowledge, Delivery, Received, Settlement, Source};
use gusset::{MessageHeaders as _, MessageHeadersMut as _};
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamRangeReply, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands as _, Client};
use tokio::sync::mpsc;

use super::{BoxError, Broker, DEAD, ORDERS, Order, parse};

const WORKERS: &str = "workers";
/// The field of the payload, and of the number of deliveries: a stream counts only those that were claimed.
const NUMBER: &str = "number";
const DELIVERIES: &str = "deliveries";
/// How long a read waits for an entry, in milliseconds.
const READ_WAIT_MS: usize = 500;

#[derive(Clone)]
pub(crate) struct Redis(Client, MultiplexedConnection);

/// The entries for one worker.
pub(crate) struct Orders(
    mpsc::Receiver<Result<StreamId, BoxError>>,
    MultiplexedConnection,
);

/// What settles an entry.
pub(crate) struct Taken {
    id: String,
    fields: RedisFields,
    connection: MultiplexedConnection,
}

impl Redis {
    pub(crate) async fn connect(url: &str) -> Result<Self, BoxError> {
        let client = Client::open(url)?;
        let connection = client.get_multiplexed_async_connection().await?;
        Ok(Self(client, connection))
    }
}

impl Broker for Redis {
    const SYSTEM: &'static str = "redis";
    type Headers = RedisFields;
    type Source = Orders;

    async fn subscribe(&self) -> Result<Orders, BoxError> {
        let mut connection = self.1.clone();
        let created: Result<(), _> = connection
            .xgroup_create_mkstream(ORDERS, WORKERS, "0")
            .await;
        match created {
            Err(error) if error.code() != Some("BUSYGROUP") => return Err(error.into()),
            _ => {}
        }
        // Its own connection, because a read that waits blocks one; and its own task, because an entry would wait for
        // a claim if a read were dropped.
        let reader = self.0.get_multiplexed_async_connection().await?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(read(reader, sender));
        Ok(Orders(receiver, connection))
    }

    async fn send(&self, order: Order<RedisFields>) -> Result<(), BoxError> {
        let mut fields = order.headers;
        fields.set(NUMBER, &order.number.to_string());
        add(&mut self.1.clone(), ORDERS, &fields).await
    }

    async fn dead_letters(&self) -> Result<usize, BoxError> {
        Ok(self.1.clone().xlen(DEAD).await?)
    }

    async fn replay(&self) -> Result<usize, BoxError> {
        let mut connection = self.1.clone();
        let dead: StreamRangeReply = connection.xrange_all(DEAD).await?;
        let replayed = dead.ids.len();
        for entry in dead.ids {
            add(&mut connection, ORDERS, &entry.map.into()).await?;
            let _: usize = connection.xdel(DEAD, &[entry.id]).await?;
        }
        Ok(replayed)
    }
}

async fn add(
    connection: &mut MultiplexedConnection,
    stream: &str,
    fields: &RedisFields,
) -> Result<(), BoxError> {
    let mut command = redis::cmd("XADD");
    command.arg(stream).arg("*").arg(fields);
    let _: String = command.query_async(connection).await?;
    Ok(())
}

/// Reads entries until the worker has ended.
async fn read(
    mut connection: MultiplexedConnection,
    sender: mpsc::Sender<Result<StreamId, BoxError>>,
) {
    let options = StreamReadOptions::default()
        .group(WORKERS, "worker")
        .count(1)
        .block(READ_WAIT_MS);
    while !sender.is_closed() {
        let read: Result<Option<StreamReadReply>, _> =
            connection.xread_options(&[ORDERS], &[">"], &options).await;
        match read {
            Ok(read) => {
                let streams = read.into_iter().flat_map(|read| read.keys);
                for entry in streams.flat_map(|stream| stream.ids) {
                    let _ = sender.send(Ok(entry)).await;
                }
            }
            Err(error) => {
                let _ = sender.send(Err(error.into())).await;
            }
        }
    }
}

impl Source for Orders {
    type Message = Order<RedisFields>;
    type Acknowledge = Taken;

    async fn receive(&mut self) -> Received<Self> {
        match self.0.recv().await? {
            Ok(entry) => Some(delivery(entry, &self.1)),
            Err(error) => Some(Err(error)),
        }
    }
}

fn delivery(
    entry: StreamId,
    connection: &MultiplexedConnection,
) -> Result<Delivery<Order<RedisFields>, Taken>, BoxError> {
    let headers = RedisFields::from(entry.map);
    let number = headers.get(NUMBER).unwrap_or_default();
    let order = Order {
        number: parse(number.as_bytes())?,
        headers: headers.clone(),
    };
    let count = deliveries(&headers);
    // The first part of the id is the time at which the entry was added.
    let (added, _) = entry.id.split_once('-').unwrap_or_default();
    let sent = UNIX_EPOCH + Duration::from_millis(added.parse()?);
    let taken = Taken {
        id: entry.id.clone(),
        fields: headers,
        connection: connection.clone(),
    };
    Ok(Delivery::new(order, taken)
        .with_id(entry.id)
        .with_count(count)
        .with_sent(sent))
}

fn deliveries(fields: &RedisFields) -> u32 {
    let count = fields.get(DELIVERIES).and_then(|count| count.parse().ok());
    count.unwrap_or(1)
}

impl Acknowledge for Taken {
    async fn settle(self, settlement: Settlement) -> Result<(), BoxError> {
        let Self {
            id,
            mut fields,
            mut connection,
        } = self;
        match settlement {
            Settlement::Ack => {}
            // A stream has no negative acknowledgement: the entry is added again.
            Settlement::Nack => {
                let next = deliveries(&fields) + 1;
                fields.set(DELIVERIES, &next.to_string());
                add(&mut connection, ORDERS, &fields).await?;
            }
            Settlement::DeadLetter => {
                fields.0.remove(DELIVERIES);
                add(&mut connection, DEAD, &fields).await?;
            }
        }
        let _: usize = connection.xack(ORDERS, WORKERS, &[id]).await?;
        Ok(())
    }
}
