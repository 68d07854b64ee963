//! What receivers answer. It is read leniently: an answer that makes no sense says nothing, and what it
//! answers was taken all the same.

#[cfg(feature = "grpc")]
use std::time::Duration;

use super::Taken;
use crate::Signal;

/// Messages of receivers are shown no longer than this, in characters.
const SHOWN: usize = 200;

/// A message of the receiver's to be put behind what happened.
pub(crate) fn said(message: &str) -> String {
    if message.is_empty() {
        return String::new();
    }
    let shown: String = message.chars().take(SHOWN).collect();
    // Debug, so that no line is broken and no terminal is spoken to.
    format!(": {shown:?}")
}

/// `Export…ServiceResponse`: all signals have the same numbers in it.
pub(super) fn protobuf(bytes: &[u8]) -> Taken {
    let mut taken = Taken::default();
    for (number, value) in Fields(bytes) {
        // partial_success
        let (1, Value::Bytes(partial)) = (number, value) else {
            continue;
        };
        for (number, value) in Fields(partial) {
            match (number, value) {
                (1, Value::Number(rejected)) => taken.rejected = positive(rejected as i64),
                (2, Value::Bytes(text)) => {
                    taken.message = String::from_utf8_lossy(text).into_owned();
                }
                _ => {}
            }
        }
    }
    taken
}

/// The same in JSON.
pub(super) fn json(bytes: &[u8], signal: Signal) -> Taken {
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return Taken::default();
    };
    let partial = &answer["partialSuccess"];
    let rejected = &partial[signal.rejected()];
    // A text, as numbers of 64 bits are; a number is understood as well.
    let number = rejected.as_i64();
    let number = number.or_else(|| rejected.as_str().and_then(|text| text.parse().ok()));
    Taken {
        rejected: positive(number.unwrap_or_default()),
        message: partial["errorMessage"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// `google.rpc.RetryInfo` among the details of a `google.rpc.Status`.
#[cfg(feature = "grpc")]
pub(super) fn retry_delay(status: &[u8]) -> Option<Duration> {
    let details = Fields(status).filter_map(|field| match field {
        (3, Value::Bytes(any)) => Some(any),
        _ => None,
    });
    details.filter_map(retry_info).next()
}

#[cfg(feature = "grpc")]
fn retry_info(any: &[u8]) -> Option<Duration> {
    let (mut is_it, mut info) = (false, &[][..]);
    for field in Fields(any) {
        match field {
            (1, Value::Bytes(url)) => is_it = url.ends_with(b"google.rpc.RetryInfo"),
            (2, Value::Bytes(value)) => info = value,
            _ => {}
        }
    }
    let mut delay = Fields(info).filter_map(|field| match field {
        (1, Value::Bytes(delay)) => Some(delay),
        _ => None,
    });
    let delay = delay.next().filter(|_| is_it)?;
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields(delay) {
        match field {
            (1, Value::Number(number)) => seconds = positive(number as i64),
            (2, Value::Number(number)) => nanos = positive(number as i64),
            _ => {}
        }
    }
    Some(Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos)))
}

fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// The fields of a message, as far as it can be read.
struct Fields<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Of a width that nothing here has.
    Other,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let length = usize::try_from(length).ok()?;
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_answer_is_too_strange(bytes: Vec<u8>) {
            protobuf(&bytes);
            json(&bytes, Signal::Traces);
            #[cfg(feature = "grpc")]
            retry_delay(&bytes);
        }
    }

    #[test]
    fn numbers_in_json_may_be_texts() {
        let taken = |text: &str| json(text.as_bytes(), Signal::Logs).rejected;
        assert_eq!(taken(r#"{"partialSuccess":{"rejectedLogRecords":"7"}}"#), 7);
        assert_eq!(taken(r#"{"partialSuccess":{"rejectedLogRecords":7}}"#), 7);
        assert_eq!(taken(r#"{"partialSuccess":{"rejectedLogRecords":-7}}"#), 0);
        assert_eq!(taken("[]"), 0);
    }

    #[test]
    fn what_a_receiver_says_is_cut_and_escaped() {
        assert_eq!(said("a\nb"), ": \"a\\nb\"");
        assert!(said(&"x".repeat(1000)).len() < 220);
    }
}
