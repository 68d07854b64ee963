//! `OTEL_EXPORTER_OTLP_HEADERS`: as W3C's baggage, without properties.

use http::header::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

/// Reads `name=value,name=value`, values percent-encoded. An entry that cannot be read is an error, by
/// its position alone: without its credential every export would be refused, and what stands there may
/// be one.
pub(crate) fn parse(list: &str) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let entries = list.split(',').enumerate();
    let entries = entries.filter(|(_, entry)| !entry.trim().is_empty());
    entries
        .map(|(at, entry)| pair(entry).map_err(|fault| format!("entry {} {fault}", at + 1)))
        .collect()
}

/// One header; its value is never shown.
pub(crate) fn header(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), &'static str> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "has no name of a header")?;
    let mut value = HeaderValue::from_bytes(value).map_err(|_| "has no value of a header")?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn pair(entry: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let (name, value) = entry.split_once('=').ok_or("has no `=`")?;
    let name: Vec<u8> = percent_decode_str(name.trim()).collect();
    let name = String::from_utf8(name).map_err(|_| "has no name of a header")?;
    let value: Vec<u8> = percent_decode_str(value.trim()).collect();
    header(&name, &value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_decoded_and_secret() {
        let headers = parse(" Authorization = Bearer%20a%2Cb= , x-team=blue,").unwrap();
        let shown = format!("{headers:?}");
        assert_eq!(headers[0].0, "authorization");
        assert_eq!(headers[0].1.as_bytes(), b"Bearer a,b=");
        assert_eq!(headers[1].1.as_bytes(), b"blue");
        assert!(
            !shown.contains("Bearer") && !shown.contains("blue"),
            "{shown}"
        );
    }

    #[test]
    fn an_entry_at_fault_is_named_by_its_position_alone() {
        for (list, why) in [
            ("a=1,secret", "entry 2 has no `=`"),
            ("se cret=1", "entry 1 has no name of a header"),
            ("a=sec%0aret", "entry 1 has no value of a header"),
        ] {
            assert_eq!(parse(list).unwrap_err(), why);
        }
    }

    proptest! {
        #[test]
        fn no_list_is_too_strange(list: String) {
            let _ = parse(&list);
        }
    }
}
