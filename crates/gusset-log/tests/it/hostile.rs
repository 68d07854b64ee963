//! Hostile text: a line stays one line, and what is read from it is what was said.

use std::collections::BTreeMap;

use gusset_http::{PeerAddr, Route};
use gusset_log::{AccessLog, Format, Redaction};
use http::{HeaderValue, Request, Response};
use proptest::prelude::*;
use tracing::info;

use crate::support::*;

const FORMATS: [fn() -> Format; 9] = [
    || Format::Json,
    || Format::Ecs,
    || Format::google_cloud("p"),
    || Format::Datadog,
    || Format::emf("n"),
    || Format::Logfmt,
    || Format::Common,
    || Format::Combined,
    || Format::pretty(false),
];

/// The pairs of a logfmt line.
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

/// Nothing in it ends a line or acts on a terminal.
fn is_harmless(line: &str) -> bool {
    !line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

fn one(format: Format, work: impl FnOnce()) -> String {
    let lines = logged(builder(format).redaction(Redaction::none()), work);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.into_iter().next().unwrap()
}

proptest! {
    #[test]
    fn json_gives_back_what_was_said(message: String, text: String, shown: String, number: i64, float: f64) {
        let line = one(Format::Json, || info!(text, %shown, number, float, "{message}"));
        prop_assert!(is_harmless(&line), "{line:?}");
        // By hand, since `serde_json` reads numbers a little off.
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
    fn logfmt_gives_back_what_was_said(message: String, text: String, shown: String, number: i64) {
        let line = one(Format::Logfmt, || info!(text, %shown, number, "{message}"));
        prop_assert!(is_harmless(&line), "{line:?}");
        let pairs = pairs(&line);
        prop_assert_eq!(&pairs["message"], &message);
        prop_assert_eq!(&pairs["text"], &text);
        prop_assert_eq!(&pairs["shown"], &shown);
        prop_assert_eq!(&pairs["number"], &number.to_string());
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced(bytes: Vec<u8>) {
        let line = one(Format::Json, || info!(bytes = &bytes[..]));
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(line["bytes"].as_str().unwrap(), String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_line_is_one_line_in_every_format(text: String, which in 0..FORMATS.len()) {
        let format = FORMATS[which]();
        let calls_only = matches!(format, Format::Common | Format::Combined);
        let lines = logged(builder(format), || info!(text, "{text}"));
        prop_assert_eq!(lines.len(), usize::from(!calls_only));
        prop_assert!(lines.iter().all(|line| is_harmless(line)), "{:?}", lines);
    }

    #[test]
    fn a_call_with_any_headers_is_one_line_in_every_format(
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
        prop_assert!(is_harmless(&lines[0]), "{:?}", lines);
        if which < 5 {
            let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
            prop_assert!(line.is_object());
        }
    }
}

#[test]
fn megabytes_are_cut_and_the_line_is_marked() {
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
fn a_value_that_is_formatted_for_ever_is_cut() {
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
fn a_value_that_logs_while_it_is_formatted_does_no_harm() {
    struct Talks;
    impl std::fmt::Display for Talks {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            // Lost with a subscriber of one thread, as `tracing` has it; a line before with a global one.
            info!("inner");
            f.write_str("outer")
        }
    }
    let line = one(Format::Json, || info!(talks = %Talks));
    assert!(line.contains("\"talks\":\"outer\""), "{line}");
}

#[test]
fn numbers_that_json_does_not_know_are_texts() {
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
