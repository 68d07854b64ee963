//! The headers of messages, as clients of brokers have them: one type for each client, behind a feature of its name.
//!
//! Each wraps the type of its client, to be read by a consumer and written by a producer. Clients that use maps or lists
//! of strings need none: those are headers by themselves.
//!
//! | client | feature | type | wraps |
//! |---|---|---|---|
//! | `lapin` 3 | `lapin` | `AmqpHeaders` | `FieldTable` |
//! | `async-nats` 0.46 | `async-nats` | `NatsHeaders` | `HeaderMap` |
//! | `rdkafka` 0.39 | `rdkafka` | `KafkaHeaders` | `OwnedHeaders` |
//! | `redis` 1 | `redis` | `RedisFields` | the fields of an entry of a stream |
//! | SQS, Pub/Sub | | `HashMap<String, String>` | |
//!
//! The attributes of a message of SQS are a map of values with a type. Its strings are collected to a map, and a map is
//! written to attributes of the type `String`. A message of SQS has at most 10 attributes; the trace needs 1 to 3 of them.
//!
//! ```
//! use std::collections::HashMap;
//!
//! use gusset_core::{MessageHeaders, MessageHeadersMut};
//!
//! let mut attributes: HashMap<String, String> = HashMap::new();
//! attributes.set("traceparent", "00-…-01");
//! assert_eq!(MessageHeaders::get(&attributes, "traceparent"), Some("00-…-01"));
//! ```

#[cfg(feature = "lapin")]
mod amqp;
#[cfg(feature = "rdkafka")]
mod kafka;
#[cfg(feature = "async-nats")]
mod nats;
#[cfg(feature = "redis")]
mod redis;

#[cfg(feature = "lapin")]
pub use self::amqp::AmqpHeaders;
#[cfg(feature = "rdkafka")]
pub use self::kafka::KafkaHeaders;
#[cfg(feature = "async-nats")]
pub use self::nats::NatsHeaders;
#[cfg(feature = "redis")]
pub use self::redis::RedisFields;
