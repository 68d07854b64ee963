//! Hostile text: an entry stays one line, and a parser reads the logged values.

use std::collections::BTreeMap;

use gusset_http::{PeerAddr, Route};
use gusset_log::{AccessLog, Format, Redaction};
use http::{HeaderValue, Request, Response};
use proptest::prelude::*;
use tracing::{info, info_span};

use crate::support::*;

/// Parses a logfmt entry.
fn pairs(line: &str) -> BTreeMap<String, String> {
    let mut pairs = BTreeMap::new();
    let mut rest = line;
    while let Some((key, after)) = rest.split_once('=') {
        let value;
        if let Some(quoted) = after.strip_prefix('"') {
            let mut end = 0;
            let bytes = quoted.as_bytes();
            while bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            value = serde_json::from_str(&format!("\"{}\"", &quoted[..end])).unwrap();
            rest = quoted[end + 1..].trim_start();
        } else {
            let (bare, after) = after.split_once(' ').unwrap_or((after, ""));
            value = bare.to_owned();
            rest = after;
        }
        assert!(pairs.insert(key.to_owned(), value).is_none(), "{key} twice");
    }
    pairs
}

/// Returns whether no character ends the line or controls a terminal.
fn is_one_safe_line(line: &str) -> bool {
    !line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

fn one(format: Format, work: impl FnOnce()) -> String {
    let lines = logged(builder(format).redaction(Redaction::none()), work);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.into_iter().next().unwrap()
}

proptest! {
    #[test]
    fn json_parses_to_logged_values(message: String, text: String, shown: String, number: i64, float: f64) {
        let line = one(Format::Json, || info!(text, %shown, number, float, "{message}"));
        prop_assert!(is_one_safe_line(&line), "{line:?}");
        // `serde_json` without its feature `float_roundtrip` is not exact, so `f64` parses the digits.
        let (_, digits) = line.rsplit_once("\"float\":").unwrap();
        let digits = digits.trim_matches(|c: char| c == '"' || c == '}');
        prop_assert!(digits.parse::<f64>().unwrap() == float || float.is_nan());
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(&line["message"], &message);
        prop_assert_eq!(&line["text"], &text);
        prop_assert_eq!(&line["shown"], &shown);
        prop_assert_eq!(&line["number"], number);
    }

    #[test]
    fn logfmt_parses_to_logged_values(message: String, text: String, shown: String, number: i64) {
        let line = one(Format::Logfmt, || info!(text, %shown, number, "{message}"));
        prop_assert!(is_one_safe_line(&line), "{line:?}");
        let pairs = pairs(&line);
        prop_assert_eq!(&pairs["message"], &message);
        prop_assert_eq!(&pairs["text"], &text);
        prop_assert_eq!(&pairs["shown"], &shown);
        prop_assert_eq!(&pairs["number"], &number.to_string());
    }

    #[test]
    fn logfmt_keys_are_unique_after_cleaning(value: String) {
        let line = one(Format::Logfmt, || {
            info_span!("a", b = 1).in_scope(|| {
                info_span!("a", b = 2).in_scope(|| {
                    info!("k=" = 1, "k\"" = 2, "k " = 3, "k_" = 4, "trace id" = 5, "trace=id" = 6, a.b = 7, value, "here");
                });
            });
        });
        // It panics if a key is there twice.
        let pairs = pairs(&line);
        let keys = ["k_", "k__", "k___", "k____", "field.trace_id", "field.trace_id_", "a.b"];
        for (key, number) in keys.iter().zip(1..) {
            prop_assert_eq!(&pairs[*key], &number.to_string());
        }
    }

    #[test]
    fn text_that_looks_like_a_key_hides_no_span_field(before: String) {
        let line = one(Format::Logfmt, || {
            info_span!("user", id = 7).in_scope(|| info!(text = format!("{before} user.id=1 \"user.id=2"), "here"));
        });
        prop_assert_eq!(&pairs(&line)["user.id"], "7");
    }

    #[test]
    fn invalid_utf8_is_replaced(bytes: Vec<u8>) {
        let line = one(Format::Json, || info!(bytes = &bytes[..]));
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(line["bytes"].as_str().unwrap(), String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn entry_is_one_line_in_every_format(text: String, which in 0..FORMATS.len()) {
        let format = FORMATS[which]();
        let access_only = matches!(format, Format::Common | Format::Combined);
        let lines = logged(builder(format), || info!(text, "{text}"));
        prop_assert_eq!(lines.len(), usize::from(!access_only));
        prop_assert!(lines.iter().all(|line| is_one_safe_line(line)), "{:?}", lines);
    }

    #[test]
    fn hostile_headers_stay_on_one_line(
        agent in "[\\t\\x20-\\x7e]{0,64}",
        raw: Vec<u8>,
        path in "[!-~&&[^?#]]{0,64}",
        route: String,
        which in 0..FORMATS.len(),
    ) {
        let raw: Vec<u8> = raw.into_iter().filter(|byte| *byte >= 0x20 && *byte != 0x7f).collect();
        let value = [agent.as_bytes(), &raw].concat();
        let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
        let Ok(mut request) = Request::get(format!("/{path}")).body(()) else { return Ok(()) };
        request.headers_mut().insert("user-agent", value.clone());
        request.headers_mut().insert("referer", value);
        request.extensions_mut().insert(Route::from_arc(route));
        request.extensions_mut().insert(PeerAddr(([1, 2, 3, 4], 5).into()));
        let log = AccessLog::server().referer().build_with(no_env).unwrap();
        let lines = logged(builder(FORMATS[which]()), || call(log, request, |_| Response::new("a")));
        prop_assert_eq!(lines.len(), 1);
        prop_assert!(is_one_safe_line(&lines[0]), "{:?}", lines);
        if which < 5 {
            let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
            prop_assert!(line.is_object());
        }
    }
}

#[test]
fn megabytes_are_cut_and_marked() {
    let text = "\u{1}é".repeat(1 << 20);
    for format in FORMATS.into_iter().map(|format| format()) {
        if matches!(format, Format::Common | Format::Combined) {
            continue;
        }
        let line = one(format.clone(), || {
            info!(text, other = %text, third = ?text, small = 1, "{text}");
        });
        assert!(line.len() <= 16 << 10, "{format:?}: {}", line.len());
        assert!(line.contains("truncated"), "{format:?}");
        if line.starts_with('{') {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(line["truncated"], true);
        }
    }
}

#[test]
fn endless_value_is_cut() {
    struct Streaming;
    impl std::fmt::Display for Streaming {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            loop {
                f.write_str("again and ")?;
            }
        }
    }
    let line = one(Format::Json, || info!(endless = %Streaming));
    assert!(line.contains("\"truncated\":true"));
}

#[test]
fn value_may_log_while_formatted() {
    struct LogsWhileFormatted;
    impl std::fmt::Display for LogsWhileFormatted {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            // `tracing` drops it with a subscriber of one thread, and logs it before with a global one.
            info!("inner");
            f.write_str("outer")
        }
    }
    let line = one(Format::Json, || info!(logs = %LogsWhileFormatted));
    assert!(line.contains("\"logs\":\"outer\""), "{line}");
}

#[test]
fn numbers_unknown_to_json_are_strings() {
    let line = json(|| {
        info!(
            a = f64::NAN,
            b = f64::INFINITY,
            c = u128::MAX,
            d = i128::MIN
        );
    });
    assert_eq!(line["a"], "NaN");
    assert_eq!(line["b"], "inf");
    assert_eq!(line["c"], u128::MAX.to_string());
    assert_eq!(line["d"], i128::MIN.to_string());
}
