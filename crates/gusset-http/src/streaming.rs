//! Bodies without an end in sight.

use http::header::CONTENT_TYPE;

use crate::ResponseHead;

/// Marks a response, in its extensions, as one whose body goes on for as long as the caller stays:
/// a feed, a long poll. Its duration would poison the percentiles of requests.
///
/// ```
/// use gusset_http::Streaming;
///
/// let mut response = http::Response::new(());
/// response.extensions_mut().insert(Streaming);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "a mark")]
pub struct Streaming;

/// Whether the body goes on for as long as the caller stays: an event stream
/// (`text/event-stream`, WHATWG HTML 9.2) that declares no length, or a response marked [`Streaming`].
///
/// ```
/// use gusset_http::{ResponseHead, is_streaming};
///
/// let events = http::Response::builder().header("content-type", "text/event-stream").body(());
/// assert!(is_streaming(ResponseHead::from(&events.unwrap())));
/// ```
#[inline]
pub fn is_streaming(res: ResponseHead<'_>) -> bool {
    const EVENTS: &[u8] = b"text/event-stream";
    let events = res.length.is_none()
        && res.headers.get(CONTENT_TYPE).is_some_and(|value| {
            let (mime, rest) = value.as_bytes().split_at(EVENTS.len().min(value.len()));
            mime.eq_ignore_ascii_case(EVENTS)
                && matches!(rest.first(), None | Some(b';' | b' ' | b'\t'))
        });
    events || res.extensions.get::<Streaming>().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;

    #[test]
    fn event_streams_and_marked_responses_are_endless_and_nothing_else_is() {
        let of = |mime: &str| {
            let res = Response::builder()
                .header(CONTENT_TYPE, mime)
                .body(())
                .unwrap();
            is_streaming(ResponseHead::from(&res))
        };
        assert!(of("text/event-stream"));
        assert!(of("Text/Event-Stream; charset=utf-8"));
        assert!(!of("text/event-streams"));
        assert!(!of("text/event"));
        assert!(!of(""));

        let mut marked = Response::new(());
        assert!(!is_streaming(ResponseHead::from(&marked)));
        marked.extensions_mut().insert(Streaming);
        assert!(is_streaming(ResponseHead::from(&marked)));
    }
}
