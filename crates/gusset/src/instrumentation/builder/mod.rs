//! The settings of an instrumentation.

mod consumer;
mod fields;
#[cfg(feature = "metrics")]
mod metrics;
mod options;
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
mod signals;
#[cfg(feature = "trace")]
mod trace;

#[cfg(feature = "trace")]
use std::borrow::Cow;
use std::fmt;
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use std::sync::Arc;

use gusset_core::{
    CatchPanic, ConfigError, Env, ErrorStatuses, FilteredObserver, ObserveLayer, Observer,
    PooledObserver,
};
#[cfg(any(feature = "log", feature = "trace"))]
use gusset_data::Redaction;
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use gusset_http::RequestOptions;
#[cfg(feature = "log")]
use gusset_log::AccessLogBuilder;
#[cfg(feature = "metrics")]
use gusset_metrics::SharedRecorder;
#[cfg(feature = "prometheus")]
use gusset_prometheus::{PrometheusExporter, Resource};
#[cfg(feature = "trace")]
use gusset_trace::{TraceObserverBuilder, TraceTrust};

use self::options::OptionChanges;
use super::layer::SignalObservers;
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
use crate::kind::ConfigureFn;
use crate::kind::ServiceKind;
#[cfg(feature = "trace")]
use crate::span_sinks::SpanSinks;
use crate::{Instrumentation, InstrumentationLayer};

/// Builds an [`Instrumentation`].
///
/// Values set here override environment variables, which override the defaults.
#[must_use = "a builder observes nothing"]
pub struct InstrumentationBuilder<K: ServiceKind, O = ()> {
    state: BuilderState<K>,
    observers: O,
}

/// The settings, without the custom observers.
struct BuilderState<K: ServiceKind> {
    kind: K,
    options: OptionChanges,
    error_statuses: Option<ErrorStatuses>,
    #[cfg(feature = "prometheus")]
    prometheus: Option<PrometheusExporter>,
    #[cfg(feature = "prometheus")]
    resource: Option<Resource>,
    #[cfg(feature = "metrics")]
    recorder: Option<SharedRecorder>,
    #[cfg(feature = "metrics")]
    metrics: Option<ConfigureFn<K::MetricsBuilder>>,
    #[cfg(feature = "metrics")]
    has_metrics: bool,
    #[cfg(feature = "trace")]
    trace: Option<ConfigureFn<TraceObserverBuilder>>,
    #[cfg(feature = "trace")]
    span_sinks: SpanSinks,
    #[cfg(feature = "trace")]
    trust: TraceTrust,
    #[cfg(feature = "trace")]
    baggage_fields: Vec<Cow<'static, str>>,
    #[cfg(any(feature = "log", feature = "trace"))]
    redaction: Option<Redaction>,
    #[cfg(feature = "log")]
    log: Option<ConfigureFn<AccessLogBuilder>>,
}

/// What an [`InstrumentationLayer`] consists of.
pub(crate) struct LayerParts<K: ServiceKind, O> {
    pub(crate) observers: SignalObservers<K, O>,
    pub(crate) path_filter: K::PathFilter,
    pub(crate) error_statuses: Option<ErrorStatuses>,
    pub(crate) inject: K::Inject,
    /// By which the signals read requests.
    #[cfg(feature = "service")]
    pub(crate) options: Arc<RequestOptions>,
    #[cfg(feature = "prometheus")]
    pub(crate) prometheus: PrometheusExporter,
}

// === impl InstrumentationBuilder ===

impl<K: ServiceKind> InstrumentationBuilder<K> {
    pub(crate) fn new(kind: K) -> Self {
        let state = BuilderState {
            kind,
            options: OptionChanges::default(),
            error_statuses: None,
            #[cfg(feature = "prometheus")]
            prometheus: None,
            #[cfg(feature = "prometheus")]
            resource: None,
            #[cfg(feature = "metrics")]
            recorder: None,
            #[cfg(feature = "metrics")]
            metrics: None,
            #[cfg(feature = "metrics")]
            has_metrics: true,
            #[cfg(feature = "trace")]
            trace: None,
            #[cfg(feature = "trace")]
            span_sinks: SpanSinks::default(),
            #[cfg(feature = "trace")]
            trust: TraceTrust::default(),
            #[cfg(feature = "trace")]
            baggage_fields: Vec::new(),
            #[cfg(any(feature = "log", feature = "trace"))]
            redaction: None,
            #[cfg(feature = "log")]
            log: None,
        };
        Self {
            state,
            observers: (),
        }
    }
}

impl<K: ServiceKind, O: Observer<K::Protocol>> InstrumentationBuilder<K, O> {
    /// Adds a custom observer, inside the others. If it panics, the service goes on.
    ///
    /// ```
    /// use gusset::{CallContext, CallObserver, End, Observer, Protocol};
    ///
    /// struct Slow;
    ///
    /// impl<P: Protocol> Observer<P> for Slow {
    ///     type Call = SlowCall;
    ///     fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> SlowCall {
    ///         SlowCall
    ///     }
    /// }
    ///
    /// struct SlowCall;
    ///
    /// impl<P: Protocol> CallObserver<P> for SlowCall {
    ///     fn on_end(self, end: End<'_, P>, cx: &CallContext) {
    ///         if cx.elapsed().as_secs() > 5 {
    ///             eprintln!("{end:?} after {:?}", cx.elapsed());
    ///         }
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().observer(Slow).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn observer<N: Observer<K::Protocol>>(
        self,
        observer: N,
    ) -> InstrumentationBuilder<K, (O, CatchPanic<N>)> {
        InstrumentationBuilder {
            state: self.state,
            observers: (self.observers, CatchPanic::new(observer)),
        }
    }

    /// Builds the instrumentation.
    ///
    /// # Errors
    /// If a setting or an environment variable is invalid.
    pub fn build(self) -> Result<Instrumentation<K, O>, ConfigError> {
        self.build_in(Env::process())
    }

    /// Builds the instrumentation with the environment variables that `env` returns.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Instrumentation<K, O>, ConfigError> {
        self.build_in(Env::from_fn(&env))
    }

    fn build_in(self, env: Env<'_>) -> Result<Instrumentation<K, O>, ConfigError> {
        let parts = self.build_parts(env)?;
        let observers = PooledObserver::new(parts.observers);
        let observer = FilteredObserver::new(observers, parts.path_filter);
        Ok(Instrumentation::new(
            InstrumentationLayer::new(
                ObserveLayer::new(observer).with_error_statuses(parts.error_statuses),
                parts.inject,
            ),
            #[cfg(feature = "prometheus")]
            parts.prometheus,
        ))
    }

    /// Builds what the layer consists of.
    pub(crate) fn build_parts(self, env: Env<'_>) -> Result<LayerParts<K, O>, ConfigError> {
        let Self { state, observers } = self;
        let path_filter = state.kind.path_filter();
        let error_statuses = state.error_statuses.or_else(|| {
            let variable = K::ERROR_STATUSES_VARIABLE?;
            gusset_http::error_statuses_from_env(env, variable)
        });
        #[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
        let options = Arc::new(state.options.apply(RequestOptions::from_env(env)?));
        #[cfg(feature = "prometheus")]
        let prometheus = match (state.prometheus, state.resource) {
            (Some(_), Some(_)) => {
                let reason = "the exporter that `prometheus` was given has its own";
                return Err(ConfigError::new("resource", reason));
            }
            (Some(prometheus), None) => prometheus,
            (None, resource) => {
                let builder = PrometheusExporter::builder();
                match resource {
                    Some(resource) => builder.resource(resource),
                    None => builder,
                }
                .build_in(env)?
            }
        };
        #[cfg(feature = "metrics")]
        let metrics = match state.has_metrics {
            true => {
                let configure = state.metrics.unwrap_or_else(|| Box::new(|metrics| metrics));
                #[cfg(feature = "prometheus")]
                let default = || -> SharedRecorder { prometheus.recorder() };
                #[cfg(not(feature = "prometheus"))]
                let default =
                    || -> SharedRecorder { Arc::new(gusset_metrics::GlobalRecorder::new()) };
                let recorder = state.recorder.unwrap_or_else(default);
                Some(state.kind.metrics(recorder, configure, &options)?)
            }
            false => None,
        };
        #[cfg(not(feature = "metrics"))]
        let metrics = None;
        #[cfg(feature = "trace")]
        let (trace, inject) = match state.trace {
            Some(configure) => {
                let (trust, redaction) = (state.trust, state.redaction.clone());
                let baggage_fields = state.baggage_fields;
                let sink = state.span_sinks.join();
                // Before what the user configured, which overrides it.
                let configure = move |trace: TraceObserverBuilder| {
                    let trace = trace.trust(trust).baggage_fields(baggage_fields);
                    let trace = match sink {
                        Some(sink) => trace.sink(sink),
                        None => trace,
                    };
                    configure(match redaction {
                        Some(redaction) => trace.redaction(redaction),
                        None => trace,
                    })
                };
                state.kind.trace(Box::new(configure), &options, env)?
            }
            None => (None, K::no_inject()),
        };
        #[cfg(not(feature = "trace"))]
        let (trace, inject) = (None, K::no_inject());
        #[cfg(feature = "log")]
        let log = match state.log {
            Some(configure) => {
                let redaction = state.redaction;
                // Before what the user configured, which overrides it.
                let configure = move |log: AccessLogBuilder| {
                    configure(match redaction {
                        Some(redaction) => log.redaction(redaction),
                        None => log,
                    })
                };
                state.kind.log(Box::new(configure), &options, env)?
            }
            None => None,
        };
        #[cfg(not(feature = "log"))]
        let log = None;
        Ok(LayerParts {
            observers: (log, trace, metrics, observers),
            path_filter,
            error_statuses,
            inject,
            #[cfg(feature = "service")]
            options,
            #[cfg(feature = "prometheus")]
            prometheus,
        })
    }
}

#[cfg(feature = "log")]
impl<K: ServiceKind, O> InstrumentationBuilder<K, O> {
    /// Logs each call when it completes, as an event of `tracing`. `|log| log` keeps the defaults.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().log(|log| log.referer()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn log<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(AccessLogBuilder) -> AccessLogBuilder + 'static,
    {
        self.state.log = Some(compose(self.state.log.take(), configure));
        self
    }
}

impl<K: ServiceKind + fmt::Debug, O> fmt::Debug for InstrumentationBuilder<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstrumentationBuilder")
            .field("kind", &self.state.kind)
            .finish_non_exhaustive()
    }
}

/// Runs `configure` after an earlier function.
#[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
fn compose<B: 'static>(
    earlier: Option<ConfigureFn<B>>,
    configure: impl FnOnce(B) -> B + 'static,
) -> ConfigureFn<B> {
    match earlier {
        Some(earlier) => Box::new(move |builder| configure(earlier(builder))),
        None => Box::new(configure),
    }
}
