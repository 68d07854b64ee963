//! The list of formats that a service reads and writes.

use std::fmt;
use std::sync::Arc;

use gusset_core::{ConfigError, Env, PanicCounter};
use http::HeaderMap;

use crate::formats::{W3cBaggage, W3cTraceContext, by_name, w3c};
use crate::{HeaderScan, PropagationContext, Propagator};

/// The propagators of a service. Clones share them.
///
/// Defaults to W3C Trace Context and W3C Baggage. Each propagator reads a received request, in order.
/// If several find a span context, the last one wins, as in OpenTelemetry's composite propagator; the
/// same holds for baggage.
#[derive(Clone, Default)]
pub struct Propagators(List);

/// The target of all log events of this crate.
const TARGET: &str = "gusset::propagation";

/// The names that OpenTelemetry specifies and this crate knows, with any features.
const NAMES: [&str; 7] = [
    "tracecontext",
    "baggage",
    "b3",
    "b3multi",
    "jaeger",
    "xray",
    "none",
];

#[derive(Clone, Default)]
enum List {
    /// W3C Trace Context and W3C Baggage, without dynamic dispatch: nearly every service uses these.
    #[default]
    W3c,
    Custom(Arc<Custom>),
}

#[derive(Default)]
struct Custom {
    propagators: Vec<Arc<dyn Propagator>>,
    panics: PanicCounter,
}

// === impl Propagators ===

impl Propagators {
    /// The environment variable that [`from_env`](Self::from_env) reads.
    pub const ENV: &'static str = "OTEL_PROPAGATORS";

    /// Returns no propagators: nothing is read and nothing is sent.
    pub fn empty() -> Self {
        Self(List::Custom(Arc::default()))
    }

    /// Returns the propagators that `OTEL_PROPAGATORS` names, in the syntax of [`parse`](Self::parse).
    ///
    /// Unknown names, and a value that is not valid Unicode, are ignored with a warning, as OpenTelemetry
    /// specifies. Without a known name, the default applies.
    ///
    /// # Errors
    /// If the feature of a format is disabled. The error names the variable.
    pub fn from_env(env: Env<'_>) -> Result<Self, ConfigError> {
        let list = env.var(Self::ENV).unwrap_or_else(|error| {
            tracing::warn!(target: TARGET, "ignoring {error}; the default is used");
            None
        });
        let list = list.unwrap_or_default();
        let is_known = |name: &&str| {
            let name = name.trim();
            let is_known = name.is_empty() || NAMES.iter().any(|it| it.eq_ignore_ascii_case(name));
            if !is_known {
                tracing::warn!(
                    target: TARGET,
                    "ignoring {}: `{name}` is not a propagator; use {}",
                    Self::ENV,
                    NAMES.join(", "),
                );
            }
            is_known
        };
        let known: Vec<_> = list.split(',').filter(is_known).collect();
        Self::parse(&known.join(","))
    }

    /// Returns the propagators of a comma-separated list.
    ///
    /// The names are `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger` and `xray`, or `none` alone.
    /// Case and repetitions do not matter. An empty list means the default.
    ///
    /// ```
    /// use gusset_propagation::Propagators;
    ///
    /// assert!(Propagators::parse("tracecontext, baggage").is_ok());
    /// let error = Propagators::parse("b4").expect_err("an unknown propagator");
    /// assert_eq!(error.setting(), "OTEL_PROPAGATORS");
    /// ```
    ///
    /// # Errors
    /// If a name is unknown, or if the feature of its format is disabled. The error's setting is
    /// `OTEL_PROPAGATORS`.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        let mut names: Vec<String> = Vec::new();
        for name in list.split(',').map(|name| name.trim().to_lowercase()) {
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() || names == ["tracecontext", "baggage"] {
            return Ok(Self::default());
        }
        if names == ["none"] {
            return Ok(Self::empty());
        }
        names
            .iter()
            .map(|name| by_name(name).map_err(|reason| ConfigError::new(Self::ENV, reason)))
            .collect::<Result<_, _>>()
            .map(Self::custom)
    }

    /// Adds a propagator at the end of the list.
    #[must_use]
    pub fn with(self, propagator: impl Propagator) -> Self {
        let mut propagators = match self.0 {
            List::W3c => vec![
                Arc::new(W3cTraceContext) as Arc<dyn Propagator>,
                Arc::new(W3cBaggage),
            ],
            List::Custom(custom) => custom.propagators.clone(),
        };
        propagators.push(Arc::new(propagator));
        Self::custom(propagators)
    }

    fn custom(propagators: Vec<Arc<dyn Propagator>>) -> Self {
        let panics = PanicCounter::new();
        Self(List::Custom(Arc::new(Custom {
            propagators,
            panics,
        })))
    }

    /// Returns how often a propagator of this list panicked. The call goes on without what it would have
    /// read or written.
    ///
    /// ```
    /// use gusset_propagation::Propagators;
    ///
    /// assert_eq!(Propagators::default().panics(), 0);
    /// ```
    pub fn panics(&self) -> u64 {
        match &self.0 {
            List::W3c => 0,
            List::Custom(custom) => custom.panics.count(),
        }
    }

    /// Reads the context like [`extract`](Propagator::extract), with a scan of the same headers.
    ///
    /// The scan saves a lookup of each W3C header. Other formats ignore it.
    #[inline]
    pub fn extract_scanned(&self, headers: &HeaderMap, scan: HeaderScan<'_>) -> PropagationContext {
        let custom = match &self.0 {
            List::W3c => {
                return PropagationContext {
                    span_context: w3c::span_context(headers, scan),
                    sampling_request: None,
                    baggage: w3c::baggage(headers, scan),
                };
            }
            List::Custom(custom) => custom,
        };
        let mut context = PropagationContext::default();
        for propagator in &custom.propagators {
            let extracted = (custom.panics).catch(|| propagator.extract(headers), report_panic);
            let PropagationContext {
                span_context,
                sampling_request,
                baggage,
            } = extracted.unwrap_or_default();
            if span_context.is_some() {
                context.span_context = span_context;
            }
            if sampling_request.is_some() {
                context.sampling_request = sampling_request;
            }
            if !baggage.is_empty() {
                context.baggage = baggage;
            }
        }
        context
    }
}

impl Propagator for Propagators {
    fn extract(&self, headers: &HeaderMap) -> PropagationContext {
        self.extract_scanned(headers, HeaderScan::default())
    }

    #[inline]
    fn inject(&self, context: &PropagationContext, headers: &mut HeaderMap) {
        match &self.0 {
            List::W3c => {
                W3cTraceContext.inject(context, headers);
                W3cBaggage.inject(context, headers);
            }
            List::Custom(custom) => {
                for propagator in &custom.propagators {
                    let inject = || propagator.inject(context, headers);
                    let _ = custom.panics.catch(inject, report_panic);
                }
            }
        }
    }
}

#[cold]
fn report_panic() {
    tracing::error!(
        target: TARGET,
        "a propagator panicked, the call goes on without what it reads or writes; further panics are \
         counted and not logged"
    );
}

impl fmt::Debug for Propagators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = match &self.0 {
            List::W3c => 2,
            List::Custom(custom) => custom.propagators.len(),
        };
        write!(f, "Propagators({count})")
    }
}
