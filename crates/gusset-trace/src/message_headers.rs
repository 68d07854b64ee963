//! The headers of a message that is sent.

use gusset_core::MessageHeadersMut;
use gusset_propagation::{Propagator as _, Propagators};
use http::HeaderMap;

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
