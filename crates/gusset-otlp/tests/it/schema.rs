//! What the protocol requires of every request: schema URLs, versions of scopes, unique keys.

use std::collections::BTreeSet;

use gusset_data::{
    Attribute, LogSink as _, Metric, MetricProducer, SpanEvent, SpanLink, SpanSink as _,
};
use gusset_otlp::{OtlpPipeline, OtlpProtocol, Resource};
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue, any_value};

use crate::receiver::Receiver;
use crate::support::{TEST_TIMEOUT, at, build_fast, counter, record, span};

const SCHEMA: &str = "https://opentelemetry.io/schemas/1.44.0";
const PROTOCOLS: [OtlpProtocol; 3] = [
    OtlpProtocol::HttpProtobuf,
    OtlpProtocol::HttpJson,
    OtlpProtocol::Grpc,
];

struct OneCounter;

impl MetricProducer for OneCounter {
    fn metrics(&self) -> Vec<Metric> {
        vec![counter(1.0)]
    }
}

fn repeated() -> Vec<Attribute> {
    vec![
        ("key".into(), "first".into()),
        ("other".into(), "x".into()),
        ("key".into(), "last".into()),
    ]
}

/// Exports a span and a record of each scope, and metrics.
fn export(protocol: OtlpProtocol, scopes: &[&'static str]) -> Receiver {
    let receiver = Receiver::start();
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .protocol(protocol)
        .resource(Resource::new().with("key", "first").with("key", "last"))
        .metric_producer(OneCounter);
    let pipeline = build_fast(builder, &[("OTEL_RESOURCE_ATTRIBUTES", "key=env,key=env2")]);
    for scope in scopes {
        let mut span = span("a");
        span.scope = (*scope).into();
        span.attributes = repeated();
        span.events = vec![SpanEvent {
            name: "e".into(),
            time: at(1500),
            attributes: repeated(),
        }];
        span.links = vec![SpanLink {
            trace_id: [3; 16],
            span_id: [4; 8],
            trace_state: "".into(),
            flags: 1,
            attributes: repeated(),
        }];
        pipeline.span_sink().export(span);
        let mut record = record("b");
        record.scope = (*scope).into();
        record.attributes = repeated();
        pipeline.log_sink().export(record);
    }
    let report = pipeline.shutdown(TEST_TIMEOUT);
    assert_eq!(report.dropped(), 0, "{report}");
    receiver
}

/// Returns the scopes of all requests. Asserts that resources and scopes have a schema URL.
fn scopes(receiver: &Receiver) -> Vec<InstrumentationScope> {
    let mut scopes = Vec::new();
    for request in receiver.trace_requests() {
        for resource in request.resource_spans {
            assert_eq!(resource.schema_url, SCHEMA);
            for scope in resource.scope_spans {
                assert_eq!(scope.schema_url, SCHEMA);
                scopes.extend(scope.scope);
            }
        }
    }
    for request in receiver.log_requests() {
        for resource in request.resource_logs {
            assert_eq!(resource.schema_url, SCHEMA);
            for scope in resource.scope_logs {
                assert_eq!(scope.schema_url, SCHEMA);
                scopes.extend(scope.scope);
            }
        }
    }
    for request in receiver.metric_requests() {
        for resource in request.resource_metrics {
            assert_eq!(resource.schema_url, SCHEMA);
            for scope in resource.scope_metrics {
                assert_eq!(scope.schema_url, SCHEMA);
                scopes.extend(scope.scope);
            }
        }
    }
    scopes
}

#[test]
fn resources_and_scopes_have_schema_and_version() {
    for protocol in PROTOCOLS {
        let own = ["gusset", "gusset::http", "gusset_trace"];
        let receiver = export(
            protocol,
            &["gusset", "gusset::http", "gusset_trace", "shop", "gussets"],
        );
        let scopes = scopes(&receiver);
        let names: BTreeSet<_> = scopes.iter().map(|scope| &*scope.name).collect();
        assert_eq!(names.len(), 5);
        for scope in &scopes {
            // The version of other crates is not known.
            let is_own = own.contains(&&*scope.name);
            let version = if is_own {
                env!("CARGO_PKG_VERSION")
            } else {
                ""
            };
            assert_eq!(scope.version, version, "{}", scope.name);
        }
    }
}

#[track_caller]
fn assert_unique(attributes: &[KeyValue]) {
    let of_key: Vec<_> = attributes.iter().filter(|pair| pair.key == "key").collect();
    assert_eq!(of_key.len(), 1, "{attributes:?}");
    let value = of_key[0].value.clone().and_then(|value| value.value);
    assert_eq!(
        value,
        Some(any_value::Value::StringValue("last".to_owned()))
    );
}

#[test]
fn keys_are_unique_and_the_last_value_counts() {
    for protocol in PROTOCOLS {
        let receiver = export(protocol, &["shop"]);
        let spans = receiver.spans();
        assert_unique(&spans[0].attributes);
        assert_unique(&spans[0].events[0].attributes);
        assert_unique(&spans[0].links[0].attributes);
        assert_eq!(spans[0].dropped_attributes_count, 0);
        let logs = &receiver.log_requests()[0].resource_logs[0];
        let record = &logs.scope_logs[0].log_records[0];
        assert_unique(&record.attributes);
        assert_eq!(record.dropped_attributes_count, 0);
        assert_unique(&logs.resource.as_ref().unwrap().attributes);
    }
}
