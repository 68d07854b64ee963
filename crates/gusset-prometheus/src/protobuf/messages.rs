//! The messages of `io.prometheus.client` that are written, with the names and numbers of their fields.
//!
//! The file `metrics.proto` of `github.com/prometheus/client_model` defines them. The crates that have them
//! generate them during the build, with `protoc`, so they are declared here, and a test compares each field with
//! that file. What a registry does not have is left out: summaries,
//! untyped values and floating-point counts.

use prost::{Enumeration, Message};

#[derive(Clone, PartialEq, Message)]
pub(super) struct MetricFamily {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) help: Option<String>,
    #[prost(enumeration = "MetricType", optional, tag = "3")]
    pub(super) r#type: Option<i32>,
    #[prost(message, repeated, tag = "4")]
    pub(super) metric: Vec<Metric>,
    #[prost(string, optional, tag = "5")]
    pub(super) unit: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enumeration)]
#[repr(i32)]
pub(super) enum MetricType {
    Counter = 0,
    Gauge = 1,
    Histogram = 4,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Metric {
    #[prost(message, repeated, tag = "1")]
    pub(super) label: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    pub(super) gauge: Option<Gauge>,
    #[prost(message, optional, tag = "3")]
    pub(super) counter: Option<Counter>,
    #[prost(message, optional, tag = "7")]
    pub(super) histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct LabelPair {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) value: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Gauge {
    #[prost(double, optional, tag = "1")]
    pub(super) value: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Counter {
    #[prost(double, optional, tag = "1")]
    pub(super) value: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(super) created_timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Histogram {
    #[prost(uint64, optional, tag = "1")]
    pub(super) sample_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(super) sample_sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub(super) bucket: Vec<Bucket>,
    #[prost(sint32, optional, tag = "5")]
    pub(super) schema: Option<i32>,
    #[prost(double, optional, tag = "6")]
    pub(super) zero_threshold: Option<f64>,
    #[prost(uint64, optional, tag = "7")]
    pub(super) zero_count: Option<u64>,
    #[prost(message, repeated, tag = "9")]
    pub(super) negative_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, packed = "false", tag = "10")]
    pub(super) negative_delta: Vec<i64>,
    #[prost(message, repeated, tag = "12")]
    pub(super) positive_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, packed = "false", tag = "13")]
    pub(super) positive_delta: Vec<i64>,
    #[prost(message, optional, tag = "15")]
    pub(super) created_timestamp: Option<Timestamp>,
    #[prost(message, repeated, tag = "16")]
    pub(super) exemplars: Vec<Exemplar>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Bucket {
    #[prost(uint64, optional, tag = "1")]
    pub(super) cumulative_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(super) upper_bound: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(super) exemplar: Option<Exemplar>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(super) struct BucketSpan {
    #[prost(sint32, optional, tag = "1")]
    pub(super) offset: Option<i32>,
    #[prost(uint32, optional, tag = "2")]
    pub(super) length: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Exemplar {
    #[prost(message, repeated, tag = "1")]
    pub(super) label: Vec<LabelPair>,
    #[prost(double, optional, tag = "2")]
    pub(super) value: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(super) timestamp: Option<Timestamp>,
}

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(super) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFINITION: &str = include_str!("../../tests/fixtures/metrics.proto");
    /// `google/protobuf/timestamp.proto`, without its comments.
    const TIMESTAMP: &str = "message Timestamp {\n  int64 seconds = 1;\n  int32 nanos = 2;\n}\n";

    /// Returns the number and the type of a field, and whether it is repeated.
    fn defined(message: &str, field: &str) -> (u32, String) {
        let all = format!("{DEFINITION}{TIMESTAMP}");
        let start = all.find(&format!("\nmessage {message} {{")).expect(message);
        let body = all[start..].split("\n}").next().unwrap();
        let mut fields = body.lines().filter_map(|line| {
            let statement = line.split("//").next()?.trim().strip_suffix(';')?;
            let (declaration, number) = statement.split_once('=')?;
            let mut words = declaration.split_whitespace().rev();
            let (name, kind) = (words.next()?, words.next()?);
            (name == field).then(|| (number.trim().parse().unwrap(), kind.to_owned()))
        });
        fields
            .next()
            .unwrap_or_else(|| panic!("{message} has no field {field}"))
    }

    /// Asserts that a message with one field has the number and the wire type that are defined.
    fn check(message: &str, field: &str, bytes: &[u8]) {
        let field = field.trim_start_matches("r#");
        let (number, kind) = defined(message, field);
        let wire_type = match &*kind {
            "uint64" | "uint32" | "int64" | "int32" | "sint64" | "sint32" | "MetricType" => 0,
            "double" => 1,
            // Strings and messages.
            _ => 2,
        };
        let key = prost::encoding::decode_varint(&mut &bytes[..]).unwrap();
        assert_eq!(key, u64::from(number << 3 | wire_type), "{message}.{field}");
        // A number of each signed type that differs from those of the other types.
        let zigzag = bytes.last() == Some(&1);
        match &*kind {
            "sint32" | "sint64" => assert!(zigzag, "{message}.{field} is {kind}"),
            "int32" | "int64" | "uint32" | "uint64" => {
                assert!(!zigzag, "{message}.{field} is {kind}");
            }
            _ => {}
        }
    }

    /// Checks each field of a message. Does not compile if one is missing.
    macro_rules! check {
        ($message:ident { $($field:ident: $value:expr),* $(,)? }) => {{
            let _ = $message { $($field: $value),* };
            $(
                #[allow(clippy::needless_update, reason = "some messages have one field")]
                let one = $message { $field: $value, ..$message::default() };
                check(stringify!($message), stringify!($field), &one.encode_to_vec());
            )*
        }};
    }

    #[test]
    fn fields_are_those_of_the_definition() {
        let text = || Some("a".to_owned());
        check!(MetricFamily {
            name: text(),
            help: text(),
            r#type: Some(4),
            metric: vec![Metric::default()],
            unit: text(),
        });
        check!(Metric {
            label: vec![LabelPair::default()],
            gauge: Some(Gauge::default()),
            counter: Some(Counter::default()),
            histogram: Some(Histogram::default()),
        });
        check!(LabelPair {
            name: text(),
            value: text()
        });
        check!(Gauge { value: Some(1.0) });
        check!(Counter {
            value: Some(1.0),
            created_timestamp: Some(Timestamp::default()),
        });
        // -1 is one byte, 1, in zigzag encoding only.
        check!(Histogram {
            sample_count: Some(2),
            sample_sum: Some(2.0),
            bucket: vec![Bucket::default()],
            schema: Some(-1),
            zero_threshold: Some(1.0),
            zero_count: Some(2),
            negative_span: vec![BucketSpan::default()],
            negative_delta: vec![-1],
            positive_span: vec![BucketSpan::default()],
            positive_delta: vec![-1],
            created_timestamp: Some(Timestamp::default()),
            exemplars: vec![Exemplar::default()],
        });
        check!(Bucket {
            cumulative_count: Some(2),
            upper_bound: Some(1.0),
            exemplar: Some(Exemplar::default()),
        });
        check!(BucketSpan {
            offset: Some(-1),
            length: Some(2)
        });
        check!(Exemplar {
            label: vec![LabelPair::default()],
            value: Some(1.0),
            timestamp: Some(Timestamp::default()),
        });
        check!(Timestamp {
            seconds: 2,
            nanos: 2
        });
    }

    #[test]
    fn types_are_those_of_the_definition() {
        for (kind, name) in [
            (MetricType::Counter, "COUNTER"),
            (MetricType::Gauge, "GAUGE"),
            (MetricType::Histogram, "HISTOGRAM"),
        ] {
            let line = format!("\n  {name} = {};\n", kind as i32);
            assert!(DEFINITION.contains(&line), "{line}");
        }
    }
}
