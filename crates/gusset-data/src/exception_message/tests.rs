use std::error::Error;
use std::fmt;
use std::io;

use super::*;

/// An error with a text and a cause.
#[derive(Debug)]
struct Failed(String, Option<Box<Failed>>);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|cause| cause as _)
    }
}

/// Returns an error with these texts, the outermost first.
fn chain<T: Into<String>>(texts: impl DoubleEndedIterator<Item = T>) -> Failed {
    let causes = texts.rev().fold(None, |cause, text| {
        Some(Box::new(Failed(text.into(), cause)))
    });
    *causes.expect("a text")
}

fn message(text: &str) -> String {
    let message = exception_message(&chain([text].into_iter()), &Redaction::default(), false);
    message.expect("a message")
}

#[test]
fn causes_follow_the_error_once() {
    let error = chain(["send failed", "connect failed: refused", "refused"].into_iter());
    let message = exception_message(&error, &Redaction::default(), false);
    assert_eq!(
        message.as_deref(),
        Some("send failed: connect failed: refused")
    );
    let wrapped = io::Error::other(chain(["", "refused"].into_iter()));
    let message = exception_message(&wrapped, &Redaction::default(), false);
    assert_eq!(message.as_deref(), Some("refused"));
}

#[test]
fn number_of_causes_is_bounded() {
    let error = chain((0..20).map(|index| format!("<{index}>")));
    let message = exception_message(&error, &Redaction::default(), false);
    let expected = "<0>: <1>: <2>: <3>: <4>: <5>: <6>: <7>: …";
    assert_eq!(message.as_deref(), Some(expected));
}

#[test]
fn length_is_bounded_at_a_character() {
    for len in [1_000, 1_024, 1_025, 20_000, 1 << 20] {
        let message = message(&"x".repeat(len));
        assert_eq!(message.len(), len.min(MAX_EXCEPTION_MESSAGE_BYTES), "{len}");
        assert_eq!(message.ends_with('…'), len > MAX_EXCEPTION_MESSAGE_BYTES);
    }
    assert!(message(&"é".repeat(20_000)).len() <= MAX_EXCEPTION_MESSAGE_BYTES);
    let error = chain((0..5).map(|index| format!("{index} {}", "y".repeat(900))));
    let message = exception_message(&error, &Redaction::default(), false).expect("a message");
    assert_eq!(message.len(), MAX_EXCEPTION_MESSAGE_BYTES);
}

#[test]
fn secret_at_the_cut_is_redacted() {
    for padding in (MAX_EXCEPTION_MESSAGE_BYTES - 40)..MAX_EXCEPTION_MESSAGE_BYTES {
        let message = message(&format!("{} password=s3cret", "x".repeat(padding)));
        assert!(!message.contains("s3"), "{padding}: {message}");
    }
    // The redacted query leaves room for what follows, up to the end of the part that is searched.
    for padding in (MAX_SEARCHED_BYTES - 60)..MAX_SEARCHED_BYTES {
        let message = message(&format!("a://h/?{} b://u:s3cret@h", "x".repeat(padding)));
        assert!(!message.contains("s3"), "{padding}: {message}");
    }
}

#[test]
fn credentials_queries_and_secret_values_are_redacted() {
    for (text, expected) in [
        (
            "error sending request for url (http://u:p@h:1/a?b=(c)d)",
            "error sending request for url (http://REDACTED@h:1/a?REDACTED)",
        ),
        (
            "GET \"https://h/a?q=s3cret\".",
            "GET \"https://h/a?REDACTED\".",
        ),
        ("at http://h#s3cret", "at http://h#REDACTED"),
        ("header Bearer eyJhbGci.x", "header Bearer REDACTED"),
        (
            "host=db password=s3cret user=me",
            "host=db password=REDACTED user=me",
        ),
        ("password='my s3cret' x", "password='REDACTED' x"),
        ("/a?api_key=s3cret&b=c", "/a?api_key=REDACTED&b=c"),
        (
            r#"{"user":"me","token": "s3cret","a":1}"#,
            r#"{"user":"me","token": "REDACTED","a":1}"#,
        ),
        ("x-api-key: s3cret, a: b", "x-api-key: REDACTED, a: b"),
        ("Cookie: a=b; c=d", "Cookie: REDACTED"),
        ("invalid token: expired", "invalid token: expired"),
        ("no secret here: a=b, c: d", "no secret here: a=b, c: d"),
    ] {
        assert_eq!(message(text), expected);
    }
}

#[test]
fn custom_keys_and_patterns_are_redacted() {
    let redaction = Redaction::default().key("iban");
    let redaction = redaction.pattern("[0-9]{4}-[0-9]{4}").expect("a pattern");
    let error = chain(["iban=DE02 for card 1234-5678"].into_iter());
    let message = exception_message(&error, &redaction, false);
    assert_eq!(message.as_deref(), Some("iban=REDACTED for card REDACTED"));
}

#[test]
fn hidden_paths_are_hidden_in_messages() {
    for (text, expected) in [
        ("(http://h:80/users/7)", "(http://h:80/REDACTED)"),
        ("http://h/", "http://h/"),
        ("http://h", "http://h"),
        ("http://h/a?b", "http://h/REDACTED?REDACTED"),
    ] {
        let error = chain([text].into_iter());
        let message = exception_message(&error, &Redaction::default(), true);
        assert_eq!(message.as_deref(), Some(expected));
    }
}

#[test]
fn text_is_one_line() {
    assert_eq!(message("first\r\n  second\n"), "first second");
}

/// An error whose text panics after its start.
#[derive(Debug)]
struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose")
    }
}

impl Error for Panics {}

#[test]
fn panic_of_a_text_is_contained() {
    assert_eq!(
        exception_message(&Panics, &Redaction::default(), false),
        None
    );
}
