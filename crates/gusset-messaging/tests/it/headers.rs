//! The headers of clients carry the trace context, and other values than texts are left alone.

use gusset_core::{MessageHeaders, MessageHeadersMut};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const NEXT: &str = "00-0af7651916cd43dd8448eb211c80319c-0102030405060708-01";

/// Writes the context as a producer does, forwards it as a second one does, and reads it as a consumer does.
#[cfg_attr(
    not(any(
        feature = "lapin",
        feature = "async-nats",
        feature = "rdkafka",
        feature = "redis"
    )),
    expect(dead_code, reason = "no client is a feature")
)]
#[track_caller]
fn carries_the_context(mut headers: impl MessageHeaders + MessageHeadersMut) {
    assert_eq!(headers.get("traceparent"), None);
    headers.set("traceparent", PARENT);
    headers.set("tracestate", "vendor=1");
    assert_eq!(headers.get("traceparent"), Some(PARENT));
    headers.set("traceparent", NEXT);
    assert_eq!(headers.get("traceparent"), Some(NEXT), "replaced");
    assert_eq!(headers.get("tracestate"), Some("vendor=1"));
}

#[cfg(feature = "lapin")]
#[test]
fn headers_of_amqp_carry_the_context() {
    use gusset_messaging::headers::AmqpHeaders;
    use lapin::types::{AMQPValue, FieldTable};

    carries_the_context(AmqpHeaders::default());
    let mut table = FieldTable::default();
    table.insert("traceparent".into(), AMQPValue::ShortString(PARENT.into()));
    table.insert("tracestate".into(), AMQPValue::LongLongInt(7));
    table.insert(
        "baggage".into(),
        AMQPValue::LongString(vec![0xff, 0xfe].into()),
    );
    let headers = AmqpHeaders::from(Some(table));
    assert_eq!(headers.get("traceparent"), Some(PARENT));
    assert_eq!(headers.get("tracestate"), None, "not a text");
    assert_eq!(headers.get("baggage"), None, "not UTF-8");
}

#[cfg(feature = "async-nats")]
#[test]
fn headers_of_nats_carry_the_context() {
    use gusset_messaging::headers::NatsHeaders;

    carries_the_context(NatsHeaders::default());
    let mut headers = NatsHeaders::from(None);
    headers.set("traceparent", "a\r\nInjected: b");
    assert_eq!(headers.get("traceparent"), None, "NATS does not permit it");
}

#[cfg(feature = "rdkafka")]
#[test]
fn headers_of_kafka_carry_the_context() {
    use gusset_messaging::headers::KafkaHeaders;
    use rdkafka::message::{Header, Headers as _, OwnedHeaders};

    carries_the_context(KafkaHeaders::default());
    let header = |key, value: Option<&'static [u8]>| Header { key, value };
    let owned = OwnedHeaders::new()
        .insert(header("traceparent", Some(b"first")))
        .insert(header("traceparent", Some(NEXT.as_bytes())))
        .insert(header("tracestate", None))
        .insert(header("binary", Some(&[0xff])));
    let mut headers = KafkaHeaders::from(Some(owned));
    assert_eq!(headers.get("traceparent"), Some(NEXT), "the last one");
    assert_eq!(headers.get("tracestate"), None);
    assert_eq!(headers.get("binary"), None);
    headers.set("traceparent", PARENT);
    let kept: Vec<_> = headers.0.iter().map(|header| header.key).collect();
    assert_eq!(kept, ["tracestate", "binary", "traceparent"]);
}

#[cfg(feature = "redis")]
#[test]
fn fields_of_redis_carry_the_context() {
    use std::collections::HashMap;

    use gusset_messaging::headers::RedisFields;
    use redis::{ToRedisArgs as _, Value};

    carries_the_context(RedisFields::default());
    let mut fields = RedisFields::from(HashMap::from([("count".to_owned(), Value::Int(1))]));
    assert_eq!(fields.get("count"), None, "not a text");
    fields.set("traceparent", PARENT);
    let arguments = fields.to_redis_args();
    let arguments: Vec<_> = arguments.iter().map(|it| &**it).collect();
    assert_eq!(arguments, [b"traceparent", PARENT.as_bytes()]);
}
