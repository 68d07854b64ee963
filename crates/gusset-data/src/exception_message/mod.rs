//! `exception.message`: the text of the error that a call failed with.

mod secrets;

use std::error::Error;
use std::fmt::{self, Write};

use gusset_core::{PanicCounter, error_causes};

use crate::Redaction;

/// The maximum length of an exception message.
pub const MAX_EXCEPTION_MESSAGE_BYTES: usize = 1024;

/// The maximum number of texts in an exception message: the error and its causes. The errors of hyper,
/// reqwest and tonic have up to six.
const MAX_TEXTS: usize = 8;

/// The part of a text that is searched for secrets. It is longer than what is kept, so that a secret at the
/// cut is recognised.
const MAX_SEARCHED_BYTES: usize = 16 * MAX_EXCEPTION_MESSAGE_BYTES;

/// Stands for what was cut.
const ELLIPSIS: &str = "…";

/// Returns `exception.message`: the text of an error and those of its causes, without secrets and with a
/// limited length.
///
/// The texts are in one line, from the outermost to the innermost, at most eight of them and 1,024 bytes. A
/// cause that the text before it ends with is not repeated.
///
/// Besides what `redaction` finds in texts, the queries of URLs are redacted, and the values after its keys
/// (`password=`). With `hides_paths`, the paths of URLs are redacted too. Returns `None` if the text is empty. A
/// panic of the error's code does not become ours.
///
/// Costs some microseconds, and is called for failed calls only.
///
/// ```
/// use gusset_data::{Redaction, exception_message};
/// use std::io;
///
/// let error = io::Error::other("no answer from http://me:s3cret@stock/items?token=t0p");
/// let message = exception_message(&error, &Redaction::default(), false);
/// let expected = "no answer from http://REDACTED@stock/items?REDACTED";
/// assert_eq!(message.as_deref(), Some(expected));
/// ```
#[cold]
pub fn exception_message(
    error: &(dyn Error + 'static),
    redaction: &Redaction,
    hides_paths: bool,
) -> Option<String> {
    let mut message = String::new();
    let mut last = String::new();
    let mut texts = 0;
    // The text and the causes of an error of the service are its code.
    PanicCounter::new().catch(
        || {
            for cause in error_causes(error) {
                let text = clean_text(cause, redaction, hides_paths);
                if last.ends_with(&text) {
                    continue;
                }
                let separator = if message.is_empty() { "" } else { ": " };
                message.push_str(separator);
                if texts == MAX_TEXTS {
                    message.push_str(ELLIPSIS);
                    break;
                }
                message.push_str(&text);
                if message.len() > MAX_EXCEPTION_MESSAGE_BYTES {
                    break;
                }
                texts += 1;
                last = text;
            }
        },
        || (),
    );
    cut(&mut message, MAX_EXCEPTION_MESSAGE_BYTES);
    (!message.is_empty()).then_some(message)
}

/// Returns the text of one error without secrets and line breaks.
fn clean_text(error: &dyn Error, redaction: &Redaction, hides_paths: bool) -> String {
    let mut text = Searched {
        text: String::new(),
        is_cut: false,
    };
    // It fails if the text is full.
    let _ = write!(text, "{error}");
    let Searched { mut text, is_cut } = text;
    if is_cut {
        // The start of a secret is not recognised as one.
        let end = text.rfind(char::is_whitespace).unwrap_or(text.len());
        text.truncate(end);
    }
    let text = redaction.redact(&text);
    let text = secrets::redact_urls(&text, hides_paths);
    let text = secrets::redact_values(&text, redaction);
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

/// Cuts a text to a length, with an ellipsis.
fn cut(text: &mut String, max_bytes: usize) {
    if text.len() > max_bytes {
        let mut end = max_bytes - ELLIPSIS.len();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(ELLIPSIS);
    }
}

/// Collects the start of a text.
struct Searched {
    text: String,
    is_cut: bool,
}

impl Write for Searched {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_SEARCHED_BYTES - self.text.len();
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        let mut end = room;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.push_str(&text[..end]);
        self.is_cut = true;
        // An error ends the formatting of a long text.
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests;
