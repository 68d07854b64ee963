//! The format of `OTEL_RESOURCE_ATTRIBUTES`: W3C Baggage without properties.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;

/// The reason why a list is discarded. Shows the position of the invalid entry, counted from 1, and
/// not its content, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ParseError {
    entry: usize,
    kind: ParseErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ParseErrorKind {
    NoEquals,
    NoKey,
    BadEscape,
    NotUtf8,
}

/// Parses `key=value,key=value`.
///
/// The last of several entries with the same key wins. Empty entries are skipped, for example after a
/// trailing comma. White space around keys and values is removed.
pub(super) fn parse(list: &str) -> Result<BTreeMap<String, String>, ParseError> {
    let mut attributes = BTreeMap::new();
    for (index, entry) in list.split(',').enumerate() {
        if entry.trim().is_empty() {
            continue;
        }
        let (key, value) = pair(entry).map_err(|kind| ParseError {
            entry: index + 1,
            kind,
        })?;
        attributes.insert(key, value);
    }
    Ok(attributes)
}

fn pair(entry: &str) -> Result<(String, String), ParseErrorKind> {
    // The specification wants `=` in values to be encoded; values with a plain one are accepted.
    let (key, value) = entry.split_once('=').ok_or(ParseErrorKind::NoEquals)?;
    let key = decode(key.trim())?;
    if key.is_empty() {
        return Err(ParseErrorKind::NoKey);
    }
    Ok((key, decode(value.trim())?))
}

fn decode(text: &str) -> Result<String, ParseErrorKind> {
    // The decoder accepts a `%` without two hexadecimal digits and keeps it as it is.
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    if !escapes
        .all(|rest| matches!(rest, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
    {
        return Err(ParseErrorKind::BadEscape);
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| ParseErrorKind::NotUtf8)
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ParseErrorKind::NoEquals => "has no `=`",
            ParseErrorKind::NoKey => "has no key",
            ParseErrorKind::BadEscape => "has a `%` without two hexadecimal digits",
            ParseErrorKind::NotUtf8 => "is not valid UTF-8 after decoding",
        };
        write!(f, "entry {} {kind}", self.entry)
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn assert_rejected(list: &str, entry: usize, kind: ParseErrorKind) {
        assert_eq!(parse(list), Err(ParseError { entry, kind }));
    }

    #[test]
    fn entries_are_decoded() {
        let attributes = parse(" a = 1 ,b=x%2Cy%3Dz,c=,d=e=f,%61=2,").unwrap();
        let expected = [("a", "2"), ("b", "x,y=z"), ("c", ""), ("d", "e=f")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(attributes, expected.into());
    }

    #[test]
    fn malformed_entry_is_named_by_position() {
        assert_rejected("a=1,b", 2, ParseErrorKind::NoEquals);
        assert_rejected("a=1,=b", 2, ParseErrorKind::NoKey);
        assert_rejected("a=%", 1, ParseErrorKind::BadEscape);
        assert_rejected("a=%4", 1, ParseErrorKind::BadEscape);
        assert_rejected("a=%4g", 1, ParseErrorKind::BadEscape);
        assert_rejected("a=%%41", 1, ParseErrorKind::BadEscape);
        assert_rejected("a=%ff", 1, ParseErrorKind::NotUtf8);
    }

    proptest! {
        #[test]
        fn parser_never_panics(list: String) {
            let _ = parse(&list);
        }

        #[test]
        fn encoded_attributes_round_trip(attributes in btree_map(".+", ".*", 0..8)) {
            let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let entries = attributes.iter();
            let entries = entries.map(|(key, value)| format!("{}={}", encode(key), encode(value)));
            let list = entries.collect::<Vec<_>>().join(",");
            prop_assert_eq!(parse(&list), Ok(attributes));
        }
    }
}
