//! The context in the headers of a message, which propagators know as headers of HTTP.

use gusset_core::{MessageHeaders, MessageHeadersMut};
use gusset_propagation::{HEADERS, PropagationContext, Propagator as _, Propagators};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::current_context;

/// Writes the current span context and baggage into the headers of a message, so that its consumer continues the
/// trace ([`MessageOptions::with_headers`](gusset_core::MessageOptions::with_headers)).
///
/// Call it inside of the operation that sends the message: its span is then the parent of the consumer's. Outside of
/// any span nothing is written. Costs a few allocations, because propagators write headers of HTTP.
///
/// ```
/// use std::collections::HashMap;
///
/// use gusset_propagation::Propagators;
///
/// let mut headers: HashMap<String, String> = HashMap::new();
/// gusset_trace::inject_message(&Propagators::default(), &mut headers);
/// assert!(headers.is_empty(), "outside of any span");
/// ```
pub fn inject_message(propagators: &Propagators, headers: &mut impl MessageHeadersMut) {
    let mut written = HeaderMap::new();
    propagators.inject(&current_context::capture(None).context, &mut written);
    for (name, value) in &written {
        if let Ok(value) = value.to_str() {
            headers.set(name.as_str(), value);
        }
    }
}

/// Reads the span context and baggage in the headers of a message. Invalid headers are ignored.
///
/// A [`TraceObserver`](crate::TraceObserver) of a consumer does it by itself; this is for what knows the message before
/// its call, or without one.
///
/// ```
/// use std::collections::HashMap;
///
/// use gusset_propagation::Propagators;
///
/// let value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let headers = HashMap::from([("traceparent".to_owned(), value.to_owned())]);
/// let context = gusset_trace::extract_message(&Propagators::default(), &headers);
/// assert_eq!(context.span_context.unwrap().span_id().to_string(), "b7ad6b7169203331");
/// ```
pub fn extract_message(
    propagators: &Propagators,
    headers: &impl MessageHeaders,
) -> PropagationContext {
    extract_by_name(propagators, |name| headers.get(name))
}

/// Reads the context as [`extract_message`], with a function that returns a header.
pub(crate) fn extract_by_name<'a>(
    propagators: &Propagators,
    header: impl Fn(&str) -> Option<&'a str>,
) -> PropagationContext {
    let mut headers = HeaderMap::new();
    for name in HEADERS {
        if let Some(Ok(value)) = header(name).map(HeaderValue::from_str) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    match headers.is_empty() {
        true => PropagationContext::default(),
        false => propagators.extract(&headers),
    }
}
