//! Compares each field that is written with the official descriptors.
//!
//! Requests with all fields are converted from protobuf to JSON by the descriptors alone, and must equal
//! our JSON. The values of fields are different, so that two exchanged numbers show.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gusset_data::{
    Attribute, BucketCounts, Exemplar, ExponentialBuckets, ExponentialHistogramDataPoint,
    HistogramDataPoint, Labels, LogRecord, Metric, MetricData, NumberDataPoint, Severity, SpanData,
    SpanEvent, SpanKind, SpanLink, SpanStatus, Value,
};
use prost::Message as _;
use prost::bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use serde_json::{Map, Value as Json, json};

use super::{CollectionContext, Encoding, LogLimits};

/// The descriptors of all messages, by their full names.
struct Messages {
    by_name: HashMap<String, DescriptorProto>,
    /// The number and JSON name of each field that occurred.
    seen: BTreeSet<(u32, String)>,
}

// === impl Messages ===

impl Messages {
    fn official() -> Self {
        let files = FileDescriptorSet::decode(opentelemetry_proto::DESCRIPTORS).unwrap();
        let mut by_name = HashMap::new();
        for file in files.file {
            let package = format!(".{}", file.package());
            insert(&mut by_name, &package, file.message_type);
        }
        let seen = BTreeSet::new();
        Self { by_name, seen }
    }

    /// Converts a message to JSON. Panics on a field that its descriptor does not have.
    fn json(&mut self, message: &str, mut bytes: &[u8]) -> Json {
        let descriptor = self.by_name.get(message);
        let descriptor = descriptor.unwrap_or_else(|| panic!("{message} is unknown"));
        let fields = descriptor.field.clone();
        let mut json = Map::new();
        while !bytes.is_empty() {
            let (number, wire_type) = decode_key(&mut bytes).unwrap();
            let mut fields = fields.iter();
            let field = fields.find(|field| field.number() == number as i32);
            let field = field.unwrap_or_else(|| panic!("{message} has no field {number}"));
            let name = field.json_name().to_owned();
            self.seen.insert((number, name.clone()));
            if field.label() != Label::Repeated {
                let value = self.value(field, wire_type, &mut bytes);
                let before = json.insert(name.clone(), value);
                assert_eq!(before, None, "{message}.{name} occurs twice");
                continue;
            }
            let list = json.entry(name).or_insert_with(|| json!([]));
            let list = list.as_array_mut().unwrap();
            if is_packed(field) {
                assert_eq!(wire_type, WireType::LengthDelimited, "{field:?}");
                let mut packed = length_delimited(&mut bytes);
                while !packed.is_empty() {
                    list.push(self.value(field, wire_type_of(field), &mut packed));
                }
            } else {
                list.push(self.value(field, wire_type, &mut bytes));
            }
        }
        Json::Object(json)
    }

    fn value(
        &mut self,
        field: &FieldDescriptorProto,
        wire_type: WireType,
        bytes: &mut &[u8],
    ) -> Json {
        assert_eq!(wire_type, wire_type_of(field), "{field:?}");
        match field.r#type() {
            Type::Bool => (decode_varint(bytes).unwrap() != 0).into(),
            Type::Enum | Type::Uint32 => decode_varint(bytes).unwrap().into(),
            Type::Int64 => (decode_varint(bytes).unwrap() as i64).to_string().into(),
            Type::Sint32 => {
                let zigzag = decode_varint(bytes).unwrap() as i32;
                ((zigzag >> 1) ^ -(zigzag & 1)).into()
            }
            Type::Uint64 => decode_varint(bytes).unwrap().to_string().into(),
            Type::Fixed32 => bytes.get_u32_le().into(),
            Type::Fixed64 => bytes.get_u64_le().to_string().into(),
            Type::Sfixed64 => bytes.get_i64_le().to_string().into(),
            Type::Double => bytes.get_f64_le().into(),
            Type::String => std::str::from_utf8(length_delimited(bytes)).unwrap().into(),
            // All of ours are ids, which are hexadecimal in OTLP's JSON.
            Type::Bytes => {
                let digits = length_delimited(bytes).iter();
                digits
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>()
                    .into()
            }
            Type::Message => self.json(field.type_name(), length_delimited(bytes)),
            other => panic!("{other:?} is not written"),
        }
    }
}

/// Inserts messages with the ones that are declared inside of them.
fn insert(
    by_name: &mut HashMap<String, DescriptorProto>,
    parent: &str,
    messages: Vec<DescriptorProto>,
) {
    for message in messages {
        let name = format!("{parent}.{}", message.name());
        insert(by_name, &name, message.nested_type.clone());
        by_name.insert(name, message);
    }
}

fn length_delimited<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
    let length = decode_varint(bytes).unwrap() as usize;
    let (value, rest) = bytes.split_at(length);
    *bytes = rest;
    value
}

fn wire_type_of(field: &FieldDescriptorProto) -> WireType {
    match field.r#type() {
        Type::Fixed32 | Type::Sfixed32 | Type::Float => WireType::ThirtyTwoBit,
        Type::Fixed64 | Type::Sfixed64 | Type::Double => WireType::SixtyFourBit,
        Type::String | Type::Bytes | Type::Message => WireType::LengthDelimited,
        _ => WireType::Varint,
    }
}

/// Returns whether the values of a repeated field are written without a tag each.
fn is_packed(field: &FieldDescriptorProto) -> bool {
    wire_type_of(field) != WireType::LengthDelimited
}

fn at(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// Returns an attribute of each type, with keys that begin with `prefix`.
fn attributes(prefix: &str) -> Vec<Attribute> {
    let values = [
        Value::Bool(true),
        Value::Int(-31),
        Value::Double(0.5),
        Value::String(format!("{prefix} text").into()),
        Value::StringArray(["one".into(), "two".into()].into()),
    ];
    let key = |at: usize| format!("{prefix}.{at}").into();
    values
        .into_iter()
        .enumerate()
        .map(|(at, value)| (key(at), value))
        .collect()
}

fn span() -> SpanData {
    SpanData {
        trace_id: [1; 16],
        span_id: [2; 8],
        parent_span_id: Some([3; 8]),
        parent_is_remote: true,
        flags: 1,
        trace_state: "a=4".into(),
        name: "five".into(),
        kind: SpanKind::Consumer,
        scope: "gusset".into(),
        start: at(7),
        end: at(8),
        attributes: attributes("span"),
        dropped_attributes: 10,
        events: vec![SpanEvent {
            name: "eleven".into(),
            time: at(11),
            attributes: attributes("event"),
        }],
        dropped_events: 12,
        links: vec![SpanLink {
            trace_id: [21; 16],
            span_id: [22; 8],
            flags: 1,
            trace_state: "b=23".into(),
            attributes: attributes("link"),
        }],
        dropped_links: 14,
        status: SpanStatus::Error("fifteen".into()),
    }
}

fn record() -> LogRecord {
    LogRecord {
        time: at(1),
        severity: Severity::Warn,
        scope: "gusset".into(),
        event_name: Some("twelve".into()),
        body: "five".into(),
        attributes: attributes("record"),
        dropped_attributes: 7,
        trace_id: Some([9; 16]),
        span_id: Some([10; 8]),
        flags: 1,
    }
}

/// Returns a metric of each kind. Integers and fractions are written as different fields.
fn metrics() -> Vec<Metric> {
    let labels = |value: &'static str| Labels::from([("key".into(), value.into())]);
    let point = |value| NumberDataPoint {
        labels: labels("number"),
        start: at(2),
        value,
    };
    let histogram = HistogramDataPoint {
        labels: labels("histogram"),
        start: at(2),
        bounds: [0.25, 4.0].into(),
        counts: vec![1, 2, 4],
        sum: Some(5.5),
        exemplars: vec![Exemplar {
            value: 0.125,
            time: at(6),
            trace_id: [5; 16],
            span_id: [4; 8],
        }],
    };
    let exponential = ExponentialHistogramDataPoint {
        labels: labels("exponential"),
        start: at(2),
        buckets: ExponentialBuckets {
            scale: -3,
            zero_threshold: 14.5,
            zero_count: 7,
            positive: BucketCounts {
                offset: -81,
                counts: vec![1, 300],
            },
            negative: BucketCounts {
                offset: 91,
                counts: vec![2],
            },
        },
        sum: Some(5.25),
        min: Some(-12.5),
        max: Some(13.5),
        exemplars: histogram.exemplars.clone(),
    };
    let data = [
        MetricData::ExponentialHistogram(vec![exponential]),
        MetricData::Counter(vec![point(7.0)]),
        MetricData::Counter(vec![point(7.5)]),
        MetricData::UpDownCounter(vec![point(-8.0)]),
        MetricData::Gauge(vec![point(9.25)]),
        MetricData::Histogram(vec![histogram]),
    ];
    let metric = |(at, data): (usize, MetricData)| Metric {
        name: format!("name.{at}").into(),
        unit: "{unit}".into(),
        description: format!("Description {at}.").into(),
        data,
    };
    data.into_iter().enumerate().map(metric).collect()
}

/// Encodes requests with all fields, and returns the fields that occurred in protobuf.
fn assert_requests_match_the_descriptors() -> BTreeSet<(u32, String)> {
    let mut messages = Messages::official();
    let resource = attributes("resource");
    let mut compare = |request: &str, encode: &dyn Fn(Encoding) -> Vec<u8>| {
        let request = format!(".opentelemetry.proto.collector.{request}");
        let by_descriptors = messages.json(&request, &encode(Encoding::Protobuf));
        let ours: Json = serde_json::from_slice(&encode(Encoding::Json)).unwrap();
        assert_eq!(by_descriptors, ours, "{request}");
    };
    compare("trace.v1.ExportTraceServiceRequest", &|encoding| {
        super::spans(encoding, &resource, &mut [span()])
    });
    compare("logs.v1.ExportLogsServiceRequest", &|encoding| {
        let limits = LogLimits {
            max_attributes: usize::MAX,
            max_value_length: usize::MAX,
        };
        super::logs(encoding, &resource, limits, &mut [record()])
    });
    for delta in [false, true] {
        compare("metrics.v1.ExportMetricsServiceRequest", &|encoding| {
            let time = at(3);
            super::metrics(
                encoding,
                &resource,
                CollectionContext { time, delta },
                &metrics(),
            )
        });
    }
    messages.seen
}

#[test]
fn field_numbers_are_those_of_the_descriptors() {
    assert_requests_match_the_descriptors();
}

/// Returns the number and name of each `Field` in a source.
fn fields_of_source(source: &str) -> impl Iterator<Item = (u32, String)> {
    source.split("Field(").skip(1).filter_map(|rest| {
        let (number, rest) = rest.split_once(',')?;
        let (name, _) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
        Some((number.trim().parse().ok()?, name.to_owned()))
    })
}

#[test]
fn every_field_of_the_sources_is_compared() {
    let sources = [
        include_str!("mod.rs"),
        include_str!("trace.rs"),
        include_str!("log.rs"),
        include_str!("metric.rs"),
    ];
    let written: BTreeSet<_> = sources.iter().flat_map(|it| fields_of_source(it)).collect();
    assert!(written.len() > 50, "{written:?}");
    let compared = assert_requests_match_the_descriptors();
    let missing: Vec<_> = written.difference(&compared).collect();
    assert!(
        missing.is_empty(),
        "add these fields to the requests: {missing:?}"
    );
}
