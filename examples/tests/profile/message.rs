//! The message of a profile, `perftools.profiles.Profile` of
//! <https://github.com/google/pprof/blob/main/proto/profile.proto>: the fields that the tests read.

use std::collections::BTreeMap;

use prost::Message;

#[derive(Clone, PartialEq, Message)]
struct ProfileMessage {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
}

/// A decoded profile.
pub(crate) struct Profile {
    types: Vec<String>,
    /// The names of functions, the innermost first, and the values.
    samples: Vec<(Vec<String>, Vec<i64>)>,
}

// === impl Profile ===

impl Profile {
    /// Decodes a compressed message.
    pub(crate) fn decode(gzip: &[u8]) -> Self {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(gzip), &mut bytes).unwrap();
        let message = ProfileMessage::decode(&*bytes).unwrap();
        let text = |index: i64| message.string_table[usize::try_from(index).unwrap()].clone();
        let functions = message.function.iter().map(|it| (it.id, text(it.name)));
        let functions: BTreeMap<u64, String> = functions.collect();
        let names = |location: &Location| -> Vec<String> {
            let lines = location.line.iter();
            lines
                .map(|line| functions[&line.function_id].clone())
                .collect()
        };
        let locations = message.location.iter().map(|it| (it.id, names(it)));
        let locations: BTreeMap<u64, Vec<String>> = locations.collect();
        let stack = |sample: &Sample| -> Vec<String> {
            let ids = sample.location_id.iter();
            ids.flat_map(|id| locations[id].clone()).collect()
        };
        let samples = message.sample.iter();
        let types = message.sample_type.iter();
        Self {
            types: types
                .map(|it| format!("{}/{}", text(it.kind), text(it.unit)))
                .collect(),
            samples: samples.map(|it| (stack(it), it.value.clone())).collect(),
        }
    }

    /// Returns what the values of a sample are, as `type/unit`.
    pub(crate) fn sample_types(&self) -> &[String] {
        &self.types
    }

    /// Returns the sum of a value over the samples with this function on the stack.
    pub(crate) fn sum_of(&self, name: &str, value: usize) -> i64 {
        let has = |stack: &[String]| stack.iter().any(|function| function.contains(name));
        let samples = self.samples.iter().filter(|(stack, _)| has(stack));
        samples.map(|(_, values)| values[value]).sum()
    }

    /// Returns the share of the samples with this function on the stack.
    pub(crate) fn share_of(&self, name: &str, value: usize) -> f64 {
        let all: i64 = self.samples.iter().map(|(_, values)| values[value]).sum();
        self.sum_of(name, value) as f64 / all as f64
    }

    /// Returns the stacks with this function.
    pub(crate) fn stacks_with(&self, name: &str) -> Vec<&[String]> {
        let stacks = self.samples.iter().map(|(stack, _)| stack.as_slice());
        let has = |stack: &&[String]| stack.iter().any(|function| function.contains(name));
        stacks.filter(has).collect()
    }

    /// Returns the innermost functions of the largest samples, for the message of a failed test.
    pub(crate) fn top(&self) -> Vec<(i64, Vec<&String>)> {
        let samples = self.samples.iter();
        let mut top: Vec<_> = samples
            .map(|(stack, values)| (values[0], stack.iter().take(6).collect()))
            .collect();
        top.sort_unstable_by(|left, right| right.cmp(left));
        top.truncate(8);
        top
    }
}
