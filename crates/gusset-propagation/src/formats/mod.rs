//! The formats that are built in, and their names.

#[cfg(feature = "b3")]
mod b3;
#[cfg(feature = "jaeger")]
mod jaeger;
pub(crate) mod w3c;
#[cfg(feature = "xray")]
mod xray;

use std::sync::Arc;

use http::{HeaderMap, HeaderName};

#[cfg(feature = "b3")]
pub use self::b3::B3;
#[cfg(feature = "jaeger")]
pub use self::jaeger::Jaeger;
pub use self::w3c::{W3cBaggage, W3cTraceContext};
#[cfg(feature = "xray")]
pub use self::xray::XRay;
use crate::{Propagator, header};

/// The headers that a trace context or baggage is in, of all formats, those included that are not compiled in.
/// Jaeger's baggage is in headers with the prefix `uberctx-`.
///
/// ```
/// assert!(gusset_propagation::HEADERS.contains(&"traceparent"));
/// ```
pub const HEADERS: [&str; 10] = [
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-sampled",
    "x-b3-flags",
    "uber-trace-id",
    "x-amzn-trace-id",
];

/// Returns the propagator of a name in `OTEL_PROPAGATORS`, or why there is none.
pub(crate) fn by_name(name: &str) -> Result<Arc<dyn Propagator>, String> {
    Ok(match name {
        "tracecontext" => Arc::new(W3cTraceContext),
        "baggage" => Arc::new(W3cBaggage),
        #[cfg(feature = "b3")]
        "b3" => Arc::new(B3::single()),
        #[cfg(feature = "b3")]
        "b3multi" => Arc::new(B3::multi()),
        #[cfg(feature = "jaeger")]
        "jaeger" => Arc::new(Jaeger),
        #[cfg(feature = "xray")]
        "xray" => Arc::new(XRay),
        "none" => return Err("`none` cannot be combined with other propagators".to_owned()),
        #[allow(
            unreachable_patterns,
            reason = "the formats whose features are enabled"
        )]
        "b3" | "b3multi" | "jaeger" | "xray" => {
            let feature = name.trim_end_matches("multi");
            return Err(format!(
                "`{name}` needs the feature `{feature}` of gusset-propagation"
            ));
        }
        unknown => {
            let known = "tracecontext, baggage, b3, b3multi, jaeger, xray or none";
            return Err(format!("`{unknown}` is not one of {known}"));
        }
    })
}

/// Returns whether headers carry a valid span context in any format that is compiled in.
///
/// Finds a service whose [`Propagators`](crate::Propagators) miss the format of its clients.
pub fn has_known_format(headers: &HeaderMap) -> bool {
    let known: &[(&HeaderName, &dyn Propagator)] = &[
        (&header::TRACEPARENT, &W3cTraceContext),
        #[cfg(feature = "b3")]
        (&b3::SINGLE, &B3::single()),
        #[cfg(feature = "b3")]
        (&b3::TRACE_ID, &B3::single()),
        #[cfg(feature = "jaeger")]
        (&jaeger::HEADER, &Jaeger),
        #[cfg(feature = "xray")]
        (&xray::HEADER, &XRay),
    ];
    known.iter().any(|(name, format)| {
        headers.contains_key(*name) && format.extract(headers).span_context.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disabled_format_names_its_feature() {
        for (name, feature, is_enabled) in [
            ("b3", "b3", cfg!(feature = "b3")),
            ("b3multi", "b3", cfg!(feature = "b3")),
            ("jaeger", "jaeger", cfg!(feature = "jaeger")),
            ("xray", "xray", cfg!(feature = "xray")),
        ] {
            match by_name(name) {
                Ok(_) => assert!(is_enabled, "{name}"),
                Err(reason) => {
                    assert!(!is_enabled, "{name}");
                    assert!(
                        reason.contains(&format!("the feature `{feature}`")),
                        "{reason}"
                    );
                }
            }
        }
    }
}
