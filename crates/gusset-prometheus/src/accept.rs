//! What the scraper takes.
//!
//! Formats and encodings are negotiated by RFC 9110, sections 12.5.1 and 12.5.3, with one liberty:
//! text 0.0.4 as it stands is always acceptable, for a page that answered `406` would be a page that
//! fails. What is malformed is taken as refused, never as an error.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING};

use crate::text::Format;

/// OpenMetrics for those who list it by name, not below `text/plain` if they list that too; else text.
pub(crate) fn format(headers: &HeaderMap) -> Format {
    let (mut open, mut text) = (0, 0);
    let fields = headers.get_all(ACCEPT).into_iter();
    for member in fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b',')) {
        let (media, weight) = weighed(member);
        if media.eq_ignore_ascii_case(b"application/openmetrics-text") && is_1_0_0(member) {
            open = open.max(weight);
        } else if media.eq_ignore_ascii_case(b"text/plain") {
            text = text.max(weight);
        }
    }
    if open > 0 && open >= text {
        Format::OpenMetrics
    } else {
        Format::SharedStr
    }
}

/// Whether a member asks for that version, or for none.
fn is_1_0_0(member: &[u8]) -> bool {
    let mut parts = member.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let version = parts.find_map(|part| match part.split_at_checked(8) {
        Some((name, value)) if name.eq_ignore_ascii_case(b"version=") => Some(value),
        _ => None,
    });
    version.is_none_or(|version| matches!(version, b"1.0.0" | b"\"1.0.0\""))
}

/// Whether the page is to be gzipped: `gzip`, or else `*`, is listed with a weight that is not
/// nothing, and not below that of `identity`.
pub(crate) fn gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut identity) = (None, None, None);
    // Bytes, not text: a field value may hold any.
    let fields = headers.get_all(ACCEPT_ENCODING).into_iter();
    for member in fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b',')) {
        let (coding, weight) = weighed(member);
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

/// One member of the list, `gzip;q=0.5`, with its weight in thousandths.
fn weighed(member: &[u8]) -> (&[u8], u16) {
    let mut parts = member.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let coding = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| match part {
        [b'q' | b'Q', b'=', digits @ ..] => Some(thousandths(digits).unwrap_or(0)),
        _ => None,
    });
    (coding, weight.unwrap_or(1000))
}

/// `0`, `0.5`, `1.000`: at most three digits after the point, at most one in all.
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

    fn takes(fields: &[&[u8]]) -> bool {
        let mut headers = HeaderMap::new();
        for field in fields {
            if let Ok(value) = HeaderValue::from_bytes(field) {
                headers.append(ACCEPT_ENCODING, value);
            }
        }
        gzip(&headers)
    }

    fn format_of(accept: &[u8]) -> Format {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(accept) {
            headers.append(ACCEPT, value);
        }
        format(&headers)
    }

    #[test]
    fn open_metrics_is_for_those_who_name_it() {
        for yes in [
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
            assert_eq!(format_of(yes.as_bytes()), Format::OpenMetrics, "{yes}");
        }
        for no in [
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
            assert_eq!(format_of(no.as_bytes()), Format::SharedStr, "{no}");
        }
    }

    #[test]
    fn gzip_is_for_those_who_ask_for_it() {
        for yes in [
            "gzip",
            "GZIP",
            "x-gzip",
            "*",
            "br, gzip;q=0.001",
            " deflate , gzip ; q=1.000",
            "gzip;q=1,*;q=0",
            "gzip;q=0.5, identity;q=0.5",
        ] {
            assert!(takes(&[yes.as_bytes()]), "{yes}");
        }
        assert!(takes(&[b"br", b"gzip"]), "several fields are one list");
    }

    #[test]
    fn gzip_is_not_for_those_who_refuse_it_or_mumble() {
        for no in [
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
            assert!(!takes(&[no.as_bytes()]), "{no}");
        }
        assert!(!takes(&[]));
        assert!(takes(&[b"\xff\xfe, gzip"]), "other members may be anything");
    }

    proptest! {
        #[test]
        fn no_field_value_is_too_strange(bytes: Vec<u8>) {
            takes(&[&bytes]);
            format_of(&bytes);
            is_1_0_0(&bytes);
            weighed(&bytes);
        }

        #[test]
        fn every_weight_is_read(thousand in 0_u16..=1000) {
            let field = format!("gzip;q={}.{:03}", thousand / 1000, thousand % 1000);
            prop_assert_eq!(weighed(field.as_bytes()), (&b"gzip"[..], thousand));
        }
    }
}
