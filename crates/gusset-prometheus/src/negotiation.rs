//! Selects the format and the encoding of a response.
//!
//! Both are negotiated by RFC 9110, sections 12.5.1 and 12.5.3, with one exception: uncompressed text
//! format 0.0.4 is always acceptable, because a scrape that gets `406` fails. A malformed value counts as
//! not acceptable.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING};

use crate::format::Format;

/// Returns the format. Of those that are listed by name with the greatest weight, it is the one that has the most:
/// protobuf, OpenMetrics, text.
pub(crate) fn format(headers: &HeaderMap) -> Format {
    let (mut protobuf, mut open, mut text) = (0, 0, 0);
    let fields = headers.get_all(ACCEPT).into_iter();
    for member in fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b',')) {
        let (media_type, weight) = parse_member(member);
        let is = |known: &str| media_type.eq_ignore_ascii_case(known.as_bytes());
        if is("application/openmetrics-text") && is_1_0_0(member) {
            open = open.max(weight);
        } else if is("text/plain") {
            text = text.max(weight);
        } else if is("application/vnd.google.protobuf") && is_metric_family(member) {
            protobuf = protobuf.max(weight);
        }
    }
    #[cfg(feature = "protobuf")]
    if protobuf > 0 && protobuf >= open.max(text) {
        return Format::Protobuf;
    }
    if open > 0 && open >= text {
        Format::OPEN_METRICS
    } else {
        Format::PLAIN
    }
}

/// Returns whether a member has this version, or none.
fn is_1_0_0(member: &[u8]) -> bool {
    parameter(member, "version=").is_none_or(|version| version == b"1.0.0")
}

/// Returns whether a member is the one message, in the one encoding, that is written. Protobuf is also the format
/// of other things.
fn is_metric_family(member: &[u8]) -> bool {
    parameter(member, "proto=") == Some(b"io.prometheus.client.MetricFamily")
        && parameter(member, "encoding=") == Some(b"delimited")
}

/// Returns the value of a parameter, without quotes.
fn parameter<'a>(member: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut parts = member
        .split(|byte| *byte == b';')
        .map(<[u8]>::trim_ascii)
        .skip(1);
    let value = parts.find_map(|part| {
        let (own, value) = part.split_at_checked(name.len())?;
        own.eq_ignore_ascii_case(name.as_bytes()).then_some(value)
    })?;
    let unquoted = value
        .strip_prefix(b"\"")
        .and_then(|it| it.strip_suffix(b"\""));
    Some(unquoted.unwrap_or(value))
}

/// Returns whether to compress with gzip.
///
/// It is if `gzip`, or else `*`, is listed with a weight above zero and at least that of `identity`.
pub(crate) fn gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut identity) = (None, None, None);
    // Bytes and not text, because header values may not be UTF-8.
    let fields = headers.get_all(ACCEPT_ENCODING).into_iter();
    for member in fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b',')) {
        let (coding, weight) = parse_member(member);
        let listed = match () {
            () if coding.eq_ignore_ascii_case(b"gzip") => &mut gzip,
            () if coding.eq_ignore_ascii_case(b"x-gzip") => &mut gzip,
            () if coding.eq_ignore_ascii_case(b"identity") => &mut identity,
            () if coding == b"*" => &mut any,
            () => continue,
        };
        *listed = Some(weight);
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// Parses a member of a list, such as `gzip;q=0.5`, into its name and its weight in thousandths.
fn parse_member(member: &[u8]) -> (&[u8], u16) {
    let mut parts = member.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| match part {
        [b'q' | b'Q', b'=', digits @ ..] => Some(thousandths(digits).unwrap_or(0)),
        _ => None,
    });
    (name, weight.unwrap_or(1000))
}

/// Parses a weight: `0`, `0.5`, `1.000`. It has at most three decimals and is at most one.
fn thousandths(weight: &[u8]) -> Option<u16> {
    let (whole, fraction) = match weight {
        [whole] => (whole, &[][..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let mut thousandths = match whole {
        b'0' => 0,
        b'1' => 1000,
        _ => return None,
    };
    for (digit, worth) in fraction.iter().zip([100, 10, 1]) {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        thousandths += digit * worth;
    }
    (thousandths <= 1000).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn accepts_gzip(fields: &[&[u8]]) -> bool {
        let mut headers = HeaderMap::new();
        for field in fields {
            if let Ok(value) = HeaderValue::from_bytes(field) {
                headers.append(ACCEPT_ENCODING, value);
            }
        }
        gzip(&headers)
    }

    fn format_for(accept: &[u8]) -> Format {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(accept) {
            headers.append(ACCEPT, value);
        }
        format(&headers)
    }

    #[test]
    fn open_metrics_must_be_listed_by_name() {
        for accept in [
            "application/openmetrics-text",
            "Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8",
            // Prometheus 2.42.
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
             text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            // Prometheus 3.
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            "text/plain;q=0.5,application/openmetrics-text;q=0.5",
        ] {
            assert_eq!(
                format_for(accept.as_bytes()),
                Format::OPEN_METRICS,
                "{accept}"
            );
        }
        for accept in [
            "",
            "*/*",
            "application/*",
            "text/plain;version=0.0.4",
            "application/openmetrics-text;version=0.0.1",
            "application/openmetrics-text;version=2.0.0",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;q=x",
            "application/openmetrics-text;q=0.4,text/plain;q=0.5",
        ] {
            assert_eq!(format_for(accept.as_bytes()), Format::PLAIN, "{accept}");
        }
    }

    #[cfg(feature = "protobuf")]
    #[test]
    fn protobuf_must_be_listed_with_message_and_encoding() {
        const PROTOBUF: &str =
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily";
        for accept in [
            format!("{PROTOBUF};encoding=delimited"),
            // Prometheus 3 with `scrape_native_histograms`.
            format!(
                "{PROTOBUF};encoding=delimited;q=0.6,\
                 application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                 application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
            ),
            // Prometheus 2.
            format!(
                "{PROTOBUF};encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8"
            ),
            // Telegraf.
            format!("{PROTOBUF};encoding=delimited;q=0.7,text/plain;version=0.0.4;q=0.3"),
            format!("text/plain, {PROTOBUF}; Encoding=\"delimited\""),
        ] {
            assert_eq!(format_for(accept.as_bytes()), Format::Protobuf, "{accept}");
        }
        for accept in [
            "application/vnd.google.protobuf".to_owned(),
            "application/vnd.google.protobuf;encoding=delimited".to_owned(),
            "application/vnd.google.protobuf;proto=other.Message;encoding=delimited".to_owned(),
            PROTOBUF.to_owned(),
            format!("{PROTOBUF};encoding=text"),
            format!("{PROTOBUF};encoding=compact-text"),
            format!("{PROTOBUF};encoding=delimited;q=0"),
            format!("{PROTOBUF};encoding=delimited;q=0.4,text/plain;q=0.5"),
        ] {
            assert_eq!(format_for(accept.as_bytes()), Format::PLAIN, "{accept}");
        }
        let open =
            format!("{PROTOBUF};encoding=delimited;q=0.4,application/openmetrics-text;q=0.5");
        assert_eq!(format_for(open.as_bytes()), Format::OPEN_METRICS);
    }

    #[test]
    fn gzip_is_used_if_accepted() {
        for accepted in [
            "gzip",
            "GZIP",
            "x-gzip",
            "*",
            "br, gzip;q=0.001",
            " deflate , gzip ; q=1.000",
            "gzip;q=1,*;q=0",
            "gzip;q=0.5, identity;q=0.5",
        ] {
            assert!(accepts_gzip(&[accepted.as_bytes()]), "{accepted}");
        }
        assert!(
            accepts_gzip(&[b"br", b"gzip"]),
            "several headers are one list"
        );
    }

    #[test]
    fn gzip_is_not_used_otherwise() {
        for rejected in [
            "",
            "identity",
            "br",
            "gzip;q=0",
            "gzip;q=0.000",
            "gzip;q=0,*",
            "*;q=0",
            "gzip;q=0.5, identity",
            "gzip;q=2",
            "gzip;q=0.1234",
            "gzip;q=1.001",
            "gzip;q=",
            "gzip;q=x",
            "gzipped",
        ] {
            assert!(!accepts_gzip(&[rejected.as_bytes()]), "{rejected}");
        }
        assert!(!accepts_gzip(&[]));
        assert!(
            accepts_gzip(&[b"\xff\xfe, gzip"]),
            "other members are ignored"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed(bytes: Vec<u8>) {
            accepts_gzip(&[&bytes]);
            format_for(&bytes);
            is_1_0_0(&bytes);
            is_metric_family(&bytes);
            parse_member(&bytes);
        }

        #[test]
        fn every_valid_weight_is_parsed(thousandths in 0_u16..=1000) {
            let field = format!("gzip;q={}.{:03}", thousandths / 1000, thousandths % 1000);
            prop_assert_eq!(parse_member(field.as_bytes()), (&b"gzip"[..], thousandths));
        }
    }
}
