//! Credentials in texts: those of URLs, and those after an authentication scheme.
//!
//! A path or query may have them percent-encoded, so `:`, `/`, `@` and spaces are recognised in that form
//! too.

use std::borrow::Cow;
use std::ops::Range;

/// Replaces a secret.
pub const REDACTED: &str = "REDACTED";

/// `basic` is a common word: what follows it is kept if it is shorter.
const MIN_CREDENTIAL_BYTES: usize = 6;

/// What the semantic conventions write for the credentials of a URL.
const REDACTED_USERINFO: &str = "REDACTED:REDACTED";

/// The shortest text with credentials is `://u@`.
const MIN_TEXT_BYTES: usize = 5;

/// Returns whether a text may contain credentials. It may be wrong only in that it returns `true`.
///
/// Most texts have no pair of bytes with which credentials begin, and cost about 25 instructions for each
/// eight bytes.
#[inline]
pub(super) fn may_contain(text: &[u8]) -> bool {
    text.len() >= MIN_TEXT_BYTES && has_first_pair(text) && has_beginning(text)
}

/// Returns whether the text may have two bytes with which a scheme or the `://` of a URL begins.
fn has_first_pair(text: &[u8]) -> bool {
    let [firsts @ .., _] = text else {
        return false;
    };
    let seconds = &text[1..];
    let pairs = |first: &[u8; 8], second: &[u8; 8]| {
        first_pairs(u64::from_le_bytes(*first), u64::from_le_bytes(*second))
    };
    let (Some(first), Some(second)) = (firsts.last_chunk::<8>(), seconds.last_chunk::<8>()) else {
        let padded = |bytes: &[u8]| {
            let bytes = bytes.iter().rev();
            bytes.fold(0, |word, byte| word << 8 | u64::from(*byte))
        };
        return first_pairs(padded(firsts), padded(seconds)) != 0;
    };
    // The last eight pairs, and all others by eights, which may overlap them.
    let mut found = pairs(first, second);
    let mut rest = text;
    while let (Some(first), Some(second)) = (rest.first_chunk(), rest[1..].first_chunk()) {
        found |= pairs(first, second);
        rest = &rest[8..];
    }
    found != 0
}

/// Compares eight pairs of neighbouring bytes: `first` has the first byte of each, `second` the second.
/// Returns 0 if no pair is `be` or `ba`, `:/` or `:%`, or `%3`. It may be wrong only in that it
/// returns something else: `|` makes two bytes one, and a borrow of the subtraction crosses bytes.
fn first_pairs(first: u64, second: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    // A byte of the difference is zero if both bytes of the pair are equal.
    let equal = |difference: u64| difference.wrapping_sub(ONES) & !difference;
    let not = |word: u64, byte: u8| word ^ (ONES * u64::from(byte));
    let with = |word: u64, bits: u8| word | (ONES * u64::from(bits));
    // In either case, and `a` is `e` without one bit.
    let scheme = not(with(first, 0x20), b'b') | not(with(second, 0x24), b'e');
    // `%` is `/` without two bits.
    let colon = not(first, b':') | not(with(second, 0x0a), b'/');
    let encoded_colon = not(first, b'%') | not(second, b'3');
    (equal(scheme) | equal(colon) | equal(encoded_colon)) & (ONES << 7)
}

/// Returns whether a scheme with credentials or a URL with credentials begins anywhere.
fn has_beginning(text: &[u8]) -> bool {
    (0..text.len()).any(|at| match text[at] {
        b'b' | b'B' => [6, 5].into_iter().any(|len| {
            // A backslash, because an escaped text has `\t` for a tab.
            at + len <= text.len() && scheme(text, at + len, b"\\t").is_some()
        }),
        b':' | b'%' => is_url(text, at),
        _ => false,
    })
}

/// Returns whether a URL with credentials may begin here.
fn is_url(text: &[u8], at: usize) -> bool {
    let Some(separator) = url_separator(&text[at..]) else {
        return false;
    };
    let authority = &text[at + separator.len..];
    authority.contains(&b'@') || authority.windows(3).any(|three| three == b"%40")
}

/// Returns a text without credentials.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    if text.len() < MIN_TEXT_BYTES {
        return Cow::Borrowed(text);
    }
    let mut clean = String::new();
    let mut done = 0;
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        if at < done {
            continue;
        }
        let secret = match scheme(bytes, at, b"") {
            Some(secret) => Some(secret),
            None => url_separator(&bytes[at..]).and_then(|separator| {
                let start = at + separator.len;
                let len = userinfo(&bytes[start..], separator.is_encoded)?;
                let is_redacted = text[start..start + len] == *REDACTED_USERINFO;
                (!is_redacted).then_some(start..start + len)
            }),
        };
        // The bounds are at ASCII characters, so they are at the bounds of characters.
        if let Some(secret) = secret {
            clean.push_str(&text[done..secret.start]);
            clean.push_str(REDACTED);
            done = secret.end;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(&text[done..]);
    Cow::Owned(clean)
}

/// Returns the range of the credentials, if an authentication scheme ends before `at`. `tab` is a further
/// spelling of a space.
fn scheme(text: &[u8], at: usize, tab: &[u8]) -> Option<Range<usize>> {
    let ends_with = |scheme: &[u8]| {
        let start = at.checked_sub(scheme.len());
        start.is_some_and(|start| text[start..at].eq_ignore_ascii_case(scheme))
    };
    let mut start = at + space(&text[at..], tab)?;
    if !(ends_with(b"bearer") || ends_with(b"basic")) {
        return None;
    }
    while let Some(len) = space(&text[start..], tab) {
        start += len;
    }
    let len = text[start..]
        .iter()
        .position(|byte| !is_credential(*byte))
        .unwrap_or(text.len() - start);
    (len >= MIN_CREDENTIAL_BYTES).then_some(start..start + len)
}

/// Returns the length of a space at the start of a text.
fn space(text: &[u8], tab: &[u8]) -> Option<usize> {
    match text {
        [b' ' | b'\t' | b'+', ..] => Some(1),
        [b'%', b'2', b'0', ..] | [b'%', b'0', b'9', ..] => Some(3),
        _ => (!tab.is_empty() && text.starts_with(tab)).then_some(tab.len()),
    }
}

struct UrlSeparator {
    len: usize,
    is_encoded: bool,
}

/// Returns the `://` at the start of a text.
fn url_separator(text: &[u8]) -> Option<UrlSeparator> {
    let mut len = encoded(text, b':', b"%3a")?;
    for _ in 0..2 {
        len += encoded(&text[len..], b'/', b"%2f")?;
    }
    Some(UrlSeparator {
        len,
        is_encoded: len > 3,
    })
}

/// Returns the length of a character at the start of a text, which may be percent-encoded.
fn encoded(text: &[u8], plain: u8, escape: &[u8; 3]) -> Option<usize> {
    if text.first() == Some(&plain) {
        return Some(1);
    }
    let start = text.get(..3)?;
    start.eq_ignore_ascii_case(escape).then_some(3)
}

/// Returns the length of the credentials before the last `@` of an authority. The authority of an encoded
/// URL ends at encoded delimiters too.
fn userinfo(text: &[u8], is_encoded: bool) -> Option<usize> {
    let mut userinfo = None;
    for (at, byte) in text.iter().enumerate() {
        let rest = &text[at..];
        let is_end = match byte {
            b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b',' => true,
            b'%' if is_encoded => {
                let ends: [&[u8; 3]; 4] = [b"%2f", b"%3f", b"%23", b"%20"];
                let escape = rest.get(..3).unwrap_or_default();
                ends.iter().any(|end| escape.eq_ignore_ascii_case(*end))
            }
            byte => byte.is_ascii_whitespace(),
        };
        if is_end {
            break;
        }
        if *byte == b'@' || rest.starts_with(b"%40") {
            userinfo = Some(at);
        }
    }
    userinfo
}

/// Returns whether a byte may be part of credentials in a header (RFC 9110, 11.2: `token68`). They may be
/// percent-encoded.
fn is_credential(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn assert_redacted(text: &str, redacted: &str) {
        assert!(may_contain(text.as_bytes()), "{text}");
        assert_eq!(redact(text), redacted);
    }

    #[test]
    fn credentials_of_urls_are_redacted() {
        assert_redacted(
            "connect to postgres://me:s3cret@db/x?a=b, then amqp://u:p@q",
            "connect to postgres://REDACTED@db/x?a=b, then amqp://REDACTED@q",
        );
        assert_redacted("/go/https://u:p@h/x", "/go/https://REDACTED@h/x");
        assert_redacted(
            "/go/https:%2F%2Fu:p%40h%2Fx",
            "/go/https:%2F%2FREDACTED%40h%2Fx",
        );
        assert_redacted("/go/https%3a%2f%2fu%3ap@h", "/go/https%3a%2f%2fREDACTED@h");
        assert_redacted("redis://me%40a:p%2Fw@h", "redis://REDACTED@h");
    }

    #[test]
    fn credentials_after_schemes_are_redacted() {
        assert_redacted(
            "Authorization: Bearer eyJ.a-b_c; next",
            "Authorization: Bearer REDACTED; next",
        );
        assert_redacted("bearer  s3cret", "bearer  REDACTED");
        assert_redacted("BASIC\tdTpwYXNz", "BASIC\tREDACTED");
        assert_redacted("/x/Bearer%20eyJhbGci/y", "/x/Bearer%20REDACTED");
        assert_redacted("/x/Bearer+eyJhbGci?y", "/x/Bearer+REDACTED?y");
    }

    #[test]
    fn harmless_texts_are_unchanged() {
        for text in [
            "http://a.example/@b",
            "basic idea",
            "a://b",
            "bearer",
            "",
            "grün: %",
            "http://REDACTED:REDACTED@h",
        ] {
            assert_eq!(redact(text), text);
        }
        assert!(!may_contain(b"curl/8.5.0 (+https://a.example)"));
        assert!(!may_contain("/caf%C3%A9/a%20b".as_bytes()));
    }

    proptest! {
        #[test]
        fn unsuspicious_text_is_unchanged(text in "([Bb]earer|basic|://|%3A%2F%2F|%20|[ @:/a-z%\t\"\\\\é]){0,12}") {
            if !may_contain(text.as_bytes()) {
                prop_assert_eq!(redact(&text), text.as_str());
            }
        }
    }
}
