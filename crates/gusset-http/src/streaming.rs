//! Responses whose body has no foreseeable end.

use http::header::CONTENT_TYPE;

use crate::ResponseHead;

/// Marks a response, in its extensions, whose body lasts as long as the client stays connected: a
/// feed, a long poll. Its duration would distort the percentiles of request durations.
///
/// ```
/// use gusset_http::Streaming;
///
/// let mut response = http::Response::new(());
/// response.extensions_mut().insert(Streaming);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "a marker")]
pub struct Streaming;

/// Returns whether the body lasts as long as the client stays connected.
///
/// That is an event stream (`text/event-stream`, WHATWG HTML 9.2) without a declared length, or a
/// response marked [`Streaming`].
///
/// ```
/// use gusset_http::{ResponseHead, is_streaming};
///
/// let events = http::Response::builder().header("content-type", "text/event-stream").body(());
/// assert!(is_streaming(ResponseHead::from(&events.unwrap())));
/// ```
#[inline]
pub fn is_streaming(res: ResponseHead<'_>) -> bool {
    const EVENT_STREAM: &[u8] = b"text/event-stream";
    let is_event_stream = res.length.is_none()
        && res.headers.get(CONTENT_TYPE).is_some_and(|value| {
            let (mime, rest) = value
                .as_bytes()
                .split_at(EVENT_STREAM.len().min(value.len()));
            mime.eq_ignore_ascii_case(EVENT_STREAM)
                && matches!(rest.first(), None | Some(b';' | b' ' | b'\t'))
        });
    is_event_stream || res.extensions.get::<Streaming>().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;

    #[test]
    fn only_event_streams_and_marked_responses_are_streaming() {
        let is_streaming_as = |mime: &str| {
            let res = Response::builder()
                .header(CONTENT_TYPE, mime)
                .body(())
                .unwrap();
            is_streaming(ResponseHead::from(&res))
        };
        assert!(is_streaming_as("text/event-stream"));
        assert!(is_streaming_as("Text/Event-Stream; charset=utf-8"));
        assert!(!is_streaming_as("text/event-streams"));
        assert!(!is_streaming_as("text/event"));
        assert!(!is_streaming_as(""));

        let mut marked = Response::new(());
        assert!(!is_streaming(ResponseHead::from(&marked)));
        marked.extensions_mut().insert(Streaming);
        assert!(is_streaming(ResponseHead::from(&marked)));
    }
}
