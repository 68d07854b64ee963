//! How the context of a call travels between services.

mod b3;
mod jaeger;
pub(crate) mod w3c;
mod xray;

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};

pub use self::b3::B3;
pub use self::jaeger::Jaeger;
pub(crate) use self::w3c::traceparent;
pub use self::w3c::{W3cBaggage, W3cTraceContext};
pub use self::xray::XRay;
use crate::glance::Glance;
use crate::{Baggage, ConfigError, TraceContext};

/// What travels with a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Propagated {
    /// The trace, and the span in it that the message comes from.
    pub trace: Option<TraceContext>,
    /// What callers say to all services of the trace.
    pub baggage: Baggage,
}

/// A way for the context of a call to travel in headers.
///
/// ```
/// use gusset_trace::{Propagated, Propagator, Propagators, TraceContext};
/// use http::{HeaderMap, HeaderValue};
///
/// /// Sends the trace's id, for a gateway that knows nothing else.
/// struct Gateway;
///
/// impl Propagator for Gateway {
///     fn extract(&self, _: &HeaderMap) -> Propagated {
///         Propagated::default()
///     }
///     fn inject(&self, context: &Propagated, headers: &mut HeaderMap) {
///         let id = context.trace.as_ref().map(|trace| trace.trace_id().to_string());
///         if let Some(Ok(id)) = id.map(HeaderValue::try_from) {
///             headers.insert("x-gateway-trace", id);
///         }
///     }
/// }
///
/// let propagators = Propagators::default().and(Gateway);
/// let mut headers = HeaderMap::new();
/// propagators.inject(&TraceContext::root().into(), &mut headers);
/// assert!(headers.contains_key("traceparent") && headers.contains_key("x-gateway-trace"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not propagate anything",
    note = "implement `Propagator` for it"
)]
pub trait Propagator: Send + Sync + 'static {
    /// Reads what travelled with a message. Headers are the caller's words: whatever is not by the
    /// rules is as if it were not there.
    fn extract(&self, headers: &HeaderMap) -> Propagated;

    /// Writes what is to travel with a message, in place of what its headers said of it before.
    fn inject(&self, context: &Propagated, headers: &mut HeaderMap);
}

/// The propagators of a service; clones share them.
///
/// All are asked when a message is received; of several that know the trace, the last counts
/// (OpenTelemetry, composite propagators).
#[derive(Clone, Default)]
pub struct Propagators(List);

#[derive(Clone, Default)]
enum List {
    /// W3C Trace Context and W3C Baggage: what nearly all have, without a table.
    #[default]
    W3c,
    These(Arc<[Arc<dyn Propagator>]>),
}

// === impl Propagated ===

impl From<TraceContext> for Propagated {
    fn from(trace: TraceContext) -> Self {
        Self {
            trace: Some(trace),
            baggage: Baggage::new(),
        }
    }
}

// === impl Propagators ===

impl Propagators {
    /// The variable that chooses.
    pub const ENV: &'static str = "OTEL_PROPAGATORS";

    /// None: nothing is read and nothing sent.
    pub fn none() -> Self {
        Self(List::These(Arc::new([])))
    }

    /// Those that `OTEL_PROPAGATORS` chooses.
    ///
    /// # Errors
    /// Names the variable, if it names a propagator that is not known.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// As [`from_env`](Self::from_env), with the environment given.
    ///
    /// # Errors
    /// Names the variable, if it names a propagator that is not known.
    pub fn from_lookup(env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::parse(&env(Self::ENV).unwrap_or_default())
    }

    /// Those of a list as the variable spells it: `tracecontext`, `baggage`, `b3`, `b3multi`,
    /// `jaeger`, `xray` with commas between them, or `none`. Empty means the default.
    ///
    /// ```
    /// use gusset_trace::Propagators;
    ///
    /// assert!(Propagators::parse("b3multi, baggage").is_ok());
    /// let error = Propagators::parse("b4").expect_err("no such propagator");
    /// assert_eq!(error.field(), "OTEL_PROPAGATORS");
    /// ```
    ///
    /// # Errors
    /// Names the variable, if the list names a propagator that is not known.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        let mut names: Vec<String> = Vec::new();
        for name in list.split(',').map(|name| name.trim().to_lowercase()) {
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() {
            return Ok(Self::default());
        }
        if names == ["tracecontext", "baggage"] {
            return Ok(Self::default());
        }
        if names == ["none"] {
            return Ok(Self::none());
        }
        let known = names.iter().map(|name| named(name));
        known
            .collect::<Result<_, _>>()
            .map(|these| Self(List::These(these)))
    }

    /// With one more, which is asked last.
    #[must_use]
    pub fn and(self, propagator: impl Propagator) -> Self {
        let mut these = match self.0 {
            List::W3c => vec![
                Arc::new(W3cTraceContext) as Arc<dyn Propagator>,
                Arc::new(W3cBaggage),
            ],
            List::These(these) => these.to_vec(),
        };
        these.push(Arc::new(propagator));
        Self(List::These(these.into()))
    }
}

impl Propagators {
    /// As [`extract`](Propagator::extract), of headers that were glanced at.
    pub(crate) fn extract_at(&self, headers: &HeaderMap, glance: Glance<'_>) -> Propagated {
        let these = match &self.0 {
            List::W3c => {
                return Propagated {
                    trace: w3c::trace(headers, glance),
                    baggage: w3c::baggage(headers, glance),
                };
            }
            List::These(these) => these,
        };
        let mut all = Propagated::default();
        for propagator in &**these {
            let Propagated { trace, baggage } = propagator.extract(headers);
            if trace.is_some() {
                all.trace = trace;
            }
            if !baggage.is_empty() {
                all.baggage = baggage;
            }
        }
        all
    }
}

impl Propagator for Propagators {
    fn extract(&self, headers: &HeaderMap) -> Propagated {
        self.extract_at(headers, Glance::default())
    }

    fn inject(&self, context: &Propagated, headers: &mut HeaderMap) {
        match &self.0 {
            List::W3c => {
                W3cTraceContext.inject(context, headers);
                W3cBaggage.inject(context, headers);
            }
            List::These(these) => {
                for propagator in &**these {
                    propagator.inject(context, headers);
                }
            }
        }
    }
}

impl fmt::Debug for Propagators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = match &self.0 {
            List::W3c => 2,
            List::These(these) => these.len(),
        };
        write!(f, "Propagators({count})")
    }
}

fn named(name: &str) -> Result<Arc<dyn Propagator>, ConfigError> {
    Ok(match name {
        "tracecontext" => Arc::new(W3cTraceContext),
        "baggage" => Arc::new(W3cBaggage),
        "b3" => Arc::new(B3::single()),
        "b3multi" => Arc::new(B3::multi()),
        "jaeger" => Arc::new(Jaeger),
        "xray" => Arc::new(XRay),
        "none" => return Err(fault("`none` stands alone")),
        other => {
            let known = "tracecontext, baggage, b3, b3multi, jaeger, xray or none";
            return Err(fault(&format!("`{other}` is not one of {known}")));
        }
    })
}

fn fault(why: &str) -> ConfigError {
    ConfigError::new(Propagators::ENV, why)
}

/// Whether a message belongs to a trace, in any format that there is.
pub(crate) fn in_any_format(headers: &HeaderMap) -> bool {
    let known: [(&HeaderName, &dyn Propagator); 5] = [
        (&w3c::TRACEPARENT, &W3cTraceContext),
        (&b3::SINGLE, &B3::single()),
        (&b3::TRACE, &B3::single()),
        (&jaeger::HEADER, &Jaeger),
        (&xray::HEADER, &XRay),
    ];
    known
        .iter()
        .any(|(name, known)| headers.contains_key(*name) && known.extract(headers).trace.is_some())
}
