//! `OTEL_EXPORTER_OTLP_HEADERS`: the format of W3C Baggage, without properties.

use http::header::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

/// Parses `name=value,name=value` with percent-encoded values.
///
/// # Errors
/// If an entry is invalid: without its credential, the receiver would reject every export. The error
/// shows the position of the entry and not its content, which may be a secret.
pub(crate) fn parse(list: &str) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let entries = list.split(',').enumerate();
    let entries = entries.filter(|(_, entry)| !entry.trim().is_empty());
    entries
        .map(|(at, entry)| pair(entry).map_err(|problem| format!("entry {} {problem}", at + 1)))
        .collect()
}

/// Returns a header whose value is marked as sensitive.
pub(crate) fn header(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), &'static str> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "has an invalid header name")?;
    let mut value = HeaderValue::from_bytes(value).map_err(|_| "has an invalid header value")?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn pair(entry: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let (name, value) = entry.split_once('=').ok_or("has no `=`")?;
    let name: Vec<u8> = percent_decode_str(name.trim()).collect();
    let name = String::from_utf8(name).map_err(|_| "has an invalid header name")?;
    let value: Vec<u8> = percent_decode_str(value.trim()).collect();
    header(&name, &value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_decoded_and_sensitive() {
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
    fn names_are_percent_decoded() {
        let headers = parse("x%2Dteam=%62lue,%58-Tenant=a%3Db").unwrap();
        assert_eq!(headers[0].0, "x-team");
        assert_eq!(headers[0].1.as_bytes(), b"blue");
        assert_eq!(headers[1].0, "x-tenant");
        assert_eq!(headers[1].1.as_bytes(), b"a=b");
        let error = parse("bad%20name=1").unwrap_err();
        assert_eq!(error, "entry 1 has an invalid header name");
    }

    #[test]
    fn invalid_entry_is_named_by_position() {
        for (list, problem) in [
            ("a=1,secret", "entry 2 has no `=`"),
            ("se cret=1", "entry 1 has an invalid header name"),
            ("a=sec%0aret", "entry 1 has an invalid header value"),
        ] {
            assert_eq!(parse(list).unwrap_err(), problem);
        }
    }

    proptest! {
        #[test]
        fn parser_never_panics(list: String) {
            let _ = parse(&list);
        }
    }
}
