//! The format of `OTEL_RESOURCE_ATTRIBUTES`: W3C Baggage without properties.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;

/// Why a list was discarded, by the position of the entry at fault, counted from one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Malformed {
    entry: usize,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    NoEquals,
    NoKey,
    BadEscape,
    NotUtf8,
}

/// Reads `key=value,key=value`. Of entries with one key the last stands; empty entries, as after a
/// trailing comma, are passed over; space round keys and values is not part of them.
pub(super) fn parse(list: &str) -> Result<BTreeMap<String, String>, Malformed> {
    let mut attributes = BTreeMap::new();
    for (index, entry) in list.split(',').enumerate() {
        if entry.trim().is_empty() {
            continue;
        }
        let (key, value) = pair(entry).map_err(|fault| Malformed {
            entry: index + 1,
            fault,
        })?;
        attributes.insert(key, value);
    }
    Ok(attributes)
}

fn pair(entry: &str) -> Result<(String, String), Fault> {
    // The first `=` divides; the value may hold more, though the specification asks to encode them.
    let (key, value) = entry.split_once('=').ok_or(Fault::NoEquals)?;
    let key = decode(key.trim())?;
    if key.is_empty() {
        return Err(Fault::NoKey);
    }
    Ok((key, decode(value.trim())?))
}

fn decode(text: &str) -> Result<String, Fault> {
    // The decoder lets a `%` that begins no escape stand for itself.
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    if !escapes
        .all(|rest| matches!(rest, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
    {
        return Err(Fault::BadEscape);
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| Fault::NotUtf8)
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            Fault::NoEquals => "has no `=`",
            Fault::NoKey => "has no key",
            Fault::BadEscape => "has a `%` that begins no escape",
            Fault::NotUtf8 => "is not UTF-8 once decoded",
        };
        write!(f, "entry {} {fault}", self.entry)
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn refused(list: &str, entry: usize, fault: Fault) {
        assert_eq!(parse(list), Err(Malformed { entry, fault }));
    }

    #[test]
    fn lists_are_read() {
        let attributes = parse(" a = 1 ,b=x%2Cy%3Dz,c=,d=e=f,%61=2,").unwrap();
        let expected = [("a", "2"), ("b", "x,y=z"), ("c", ""), ("d", "e=f")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(attributes, expected.into());
    }

    #[test]
    fn malformed_lists_are_refused_by_the_entry_at_fault() {
        refused("a=1,b", 2, Fault::NoEquals);
        refused("a=1,=b", 2, Fault::NoKey);
        refused("a=%", 1, Fault::BadEscape);
        refused("a=%4", 1, Fault::BadEscape);
        refused("a=%4g", 1, Fault::BadEscape);
        refused("a=%%41", 1, Fault::BadEscape);
        refused("a=%ff", 1, Fault::NotUtf8);
    }

    proptest! {
        #[test]
        fn no_list_is_too_strange(list: String) {
            let _ = parse(&list);
        }

        #[test]
        fn encoded_attributes_come_back(attributes in btree_map(".+", ".*", 0..8)) {
            let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let entries = attributes.iter();
            let entries = entries.map(|(key, value)| format!("{}={}", encode(key), encode(value)));
            let list = entries.collect::<Vec<_>>().join(",");
            prop_assert_eq!(parse(&list), Ok(attributes));
        }
    }
}
