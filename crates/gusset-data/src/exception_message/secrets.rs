//! Secrets in the texts of errors that [`Redaction::redact`] does not look for: it searches each log entry, and
//! has to be fast.

use std::ops::Range;

use crate::Redaction;
use crate::redaction::REDACTED;

/// Returns a text without the queries and fragments of URLs, and without their paths if those are hidden.
pub(super) fn redact_urls(text: &str, hides_paths: bool) -> String {
    let mut clean = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        match word.split_once("://") {
            Some((before, url)) => {
                clean.push_str(before);
                clean.push_str("://");
                push_url(&mut clean, url, hides_paths);
            }
            None => clean.push_str(word),
        }
    }
    clean
}

/// Adds what follows `://`. A query may contain every character except spaces, so it ends with the word.
fn push_url(clean: &mut String, url: &str, hides_paths: bool) {
    let is_closing = |c: char| c.is_whitespace() || ")]}>\"'`.,:;".contains(c);
    let (url, closing) = url.split_at(url.trim_end_matches(is_closing).len());
    let query = url.find(['?', '#']).unwrap_or(url.len());
    let path = url[..query].find('/').unwrap_or(query);
    let has_path = path + 1 < query;
    if hides_paths && has_path {
        clean.push_str(&url[..=path]);
        clean.push_str(REDACTED);
    } else {
        clean.push_str(&url[..query]);
    }
    if let Some(delimiter) = url[query..].chars().next() {
        clean.push(delimiter);
        clean.push_str(REDACTED);
    }
    clean.push_str(closing);
}

/// Returns a text without the values of the keys of a redaction: `password=x`, `"token": "x"`, `x-api-key: x`.
pub(super) fn redact_values(text: &str, redaction: &Redaction) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(['=', ':']) {
        // Inside a value that was redacted.
        if at < done {
            continue;
        }
        if let Some(secret) = secret_value(text, at, redaction) {
            clean.push_str(&text[done..secret.start]);
            clean.push_str(REDACTED);
            done = secret.end;
        }
    }
    clean.push_str(&text[done..]);
    clean
}

/// Returns the range of the value behind the separator at `at`, if it is secret.
fn secret_value(text: &str, at: usize, redaction: &Redaction) -> Option<Range<usize>> {
    let is_name = |c: char| c.is_alphanumeric() || "_-.[]".contains(c);
    let before = text[..at].trim_end_matches([' ', '"', '\'']);
    let name = &before[before.trim_end_matches(is_name).len()..];
    let is_quoted = text[..at].ends_with(['"', '\'']);
    let is_header = name.contains(['-', '_', '.'])
        || ["authorization", "cookie"].contains(&&*name.to_ascii_lowercase());
    // `invalid token: expired` is a sentence, and its end is not a secret.
    let is_separator = text[at..].starts_with('=') || is_quoted || is_header;
    if name.is_empty() || !is_separator || !redaction.has_key(name) {
        return None;
    }
    let value = text[at + 1..].trim_start_matches([' ', '=']);
    let start = text.len() - value.len();
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c));
    let (start, value) = match quote {
        Some(_) => (start + 1, &value[1..]),
        None => (start, value),
    };
    let is_end = |c: char| match quote {
        Some(quote) => c == quote,
        // A cookie has several values.
        None if name.to_ascii_lowercase().ends_with("cookie") => c == '\n',
        None => c.is_whitespace() || "&,;)}]\"'".contains(c),
    };
    let len = value.find(is_end).unwrap_or(value.len());
    (len > 0).then_some(start..start + len)
}
