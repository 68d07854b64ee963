//! A layer, put together.

use std::fmt;

use gusset_core::{
    CatchPanic, Classify, FilteredObserver, ObserveLayer, Observer, RequestResponse,
};
use gusset_http::PathFilter;
#[cfg(feature = "log")]
use gusset_log::AccessLogBuilder;
#[cfg(feature = "prometheus")]
use gusset_prometheus::{Prometheus, Resource};

#[cfg(feature = "trace")]
use gusset_trace::TraceBuilder;

#[cfg(any(feature = "log", feature = "prometheus", feature = "trace"))]
use crate::kind::Configure;
use crate::layer::Layer;
use crate::{BuildError, GrpcServer, HttpServer, Kind, Messages, Telemetry};

/// Puts a layer together: what is set here goes over what the environment says, and that over the
/// conventions.
#[must_use = "a builder observes nothing"]
pub struct Builder<K: Kind, O = ()> {
    parts: Parts<K>,
    observers: O,
}

/// What is set, but for the observers of one's own.
struct Parts<K: Kind> {
    kind: K,
    #[cfg(feature = "prometheus")]
    prometheus: Option<Prometheus>,
    #[cfg(feature = "prometheus")]
    resource: Option<Resource>,
    #[cfg(feature = "prometheus")]
    metrics: Option<Configure<K::MetricsBuilder>>,
    #[cfg(feature = "trace")]
    trace: Option<Configure<TraceBuilder>>,
    #[cfg(feature = "log")]
    log: Option<Configure<AccessLogBuilder>>,
}

// === impl Builder ===

impl<K: Kind> Builder<K> {
    pub(crate) fn new(kind: K) -> Self {
        let parts = Parts {
            kind,
            #[cfg(feature = "prometheus")]
            prometheus: None,
            #[cfg(feature = "prometheus")]
            resource: None,
            #[cfg(feature = "prometheus")]
            metrics: None,
            #[cfg(feature = "trace")]
            trace: None,
            #[cfg(feature = "log")]
            log: None,
        };
        Self {
            parts,
            observers: (),
        }
    }
}

impl<K: Kind, O: Observer<K::Protocol>> Builder<K, O> {
    /// Adds an observer of one's own, inside the others. It is isolated: if it panics, the service
    /// goes on.
    ///
    /// ```
    /// use gusset::{CallObserver, CallContext, End, Observer, Protocol};
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
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let gusset = gusset::http().observe(Slow).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn observe<N: Observer<K::Protocol>>(self, observer: N) -> Builder<K, (O, CatchPanic<N>)> {
        Builder {
            parts: self.parts,
            observers: (self.observers, CatchPanic::new(observer)),
        }
    }

    /// Shows the metrics on that page, which others may share, instead of on one of their own.
    #[cfg(feature = "prometheus")]
    pub fn prometheus(mut self, prometheus: &Prometheus) -> Self {
        self.parts.prometheus = Some(prometheus.clone());
        self
    }

    /// Says what the page says of its origin, over what the environment says.
    ///
    /// ```
    /// use gusset::prometheus::Resource;
    ///
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let shop = Resource::from_env().with("service.name", "shop");
    /// let gusset = gusset::http().resource(shop).build()?;
    /// assert!(gusset.prometheus().page().render().contains(r#"service_name="shop""#));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "prometheus")]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.parts.resource = Some(resource);
        self
    }

    /// Configures what is measured: labels of one's own, the limit of series, known methods.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let gusset = gusset::http().metrics(|metrics| metrics.series_limit(500)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "prometheus")]
    pub fn metrics<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(K::MetricsBuilder) -> K::MetricsBuilder + 'static,
    {
        self.parts.metrics = Some(also(self.parts.metrics.take(), configure));
        self
    }

    /// Puts the layer together.
    ///
    /// # Errors
    /// Names the field, or the environment variable, that cannot be used.
    pub fn build(self) -> Result<Telemetry<K, O>, BuildError> {
        self.build_with(|name| std::env::var(name).ok())
    }

    /// As [`build`](Self::build), with the environment given.
    ///
    /// # Errors
    /// Names the field, or the environment variable, that cannot be used.
    pub fn build_with(
        self,
        #[cfg_attr(
            not(any(feature = "log", feature = "prometheus", feature = "trace")),
            expect(unused_variables, reason = "nothing to configure")
        )]
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Telemetry<K, O>, BuildError> {
        let Self { parts, observers } = self;
        let skip = parts.kind.skip();
        #[cfg(feature = "prometheus")]
        let (metrics, prometheus) = {
            let prometheus = match (parts.prometheus, parts.resource) {
                (Some(_), Some(_)) => return Err(BuildError::new(crate::error::TwoResources)),
                (Some(prometheus), None) => prometheus,
                (None, resource) => {
                    let resource = resource.unwrap_or_else(|| Resource::from_lookup(&env));
                    let prometheus = Prometheus::builder().resource(resource).build_with(&env);
                    prometheus.map_err(BuildError::new)?
                }
            };
            let configure = parts.metrics.unwrap_or_else(|| Box::new(|metrics| metrics));
            let metrics = parts.kind.metrics(prometheus.recorder(), configure, &env)?;
            (metrics, prometheus)
        };
        #[cfg(not(feature = "prometheus"))]
        let metrics = K::unmeasured();
        #[cfg(feature = "trace")]
        let traced = match parts.trace {
            Some(configure) => parts.kind.trace(configure, &env)?,
            None => None,
        };
        #[cfg(not(feature = "trace"))]
        let traced = None;
        let (trace, inner) = match traced {
            Some((trace, inner)) => (Some(trace), inner),
            None => (None, K::inner()),
        };
        #[cfg(feature = "log")]
        let log = match parts.log {
            Some(configure) => parts.kind.log(configure, &env)?,
            None => None,
        };
        #[cfg(not(feature = "log"))]
        let log = None;
        let observe = ObserveLayer::new(FilteredObserver::new(
            (log, trace, metrics, observers),
            skip,
        ));
        Ok(Telemetry::new(
            Layer::new(observe, inner),
            #[cfg(feature = "prometheus")]
            prometheus,
        ))
    }
}

#[cfg(feature = "trace")]
impl<K: Kind<Trace = gusset_trace::Trace>, O> Builder<K, O> {
    /// Makes a span of each call; a client's layer sends its ids on too. `|trace| trace` is by
    /// convention.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let gusset = gusset::http().trace(|trace| trace.query()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn trace<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(TraceBuilder) -> TraceBuilder + 'static,
    {
        self.parts.trace = Some(also(self.parts.trace.take(), configure));
        self
    }
}

#[cfg(feature = "log")]
impl<K: Kind<Log = gusset_log::AccessLog>, O> Builder<K, O> {
    /// Writes a line for each call, at its end, as an event of `tracing`. `|log| log` is by convention.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let gusset = gusset::http().log(|log| log.user_agent(false)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn log<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(AccessLogBuilder) -> AccessLogBuilder + 'static,
    {
        self.parts.log = Some(also(self.parts.log.take(), configure));
        self
    }
}

/// The one after the other.
#[cfg(any(feature = "log", feature = "prometheus", feature = "trace"))]
fn also<B: 'static>(
    earlier: Option<Configure<B>>,
    configure: impl FnOnce(B) -> B + 'static,
) -> Configure<B> {
    match earlier {
        Some(earlier) => Box::new(move |builder| configure(earlier(builder))),
        None => Box::new(configure),
    }
}

impl<Req: 'static, Res: 'static> Builder<Messages<Req, Res>> {
    /// Judges messages by rules of one's own: the place to tell dead letters apart. Said before
    /// anything else, because it says what the observers observe.
    ///
    /// ```
    /// use gusset::{Classify, ResponseKind, End, Outcome, StaticStr, RequestResponse, Classification};
    ///
    /// enum Done { Kept, DeadLettered }
    /// struct Rules { dead: bool }
    ///
    /// impl Classify<RequestResponse<String, Done, Rules>> for Rules {
    ///     fn start(_: &String) -> Self {
    ///         Self { dead: false }
    ///     }
    ///     fn on_response(&mut self, done: &Done) -> ResponseKind {
    ///         self.dead = matches!(done, Done::DeadLettered);
    ///         ResponseKind::NoBody
    ///     }
    ///     fn on_end(&self, end: &End<'_, RequestResponse<String, Done, Rules>>) -> Classification {
    ///         Classification::of_end(end).unwrap_or(if self.dead {
    ///             Classification::new(Outcome::ServerError).with_error(StaticStr::new(&"dead_lettered"))
    ///         } else {
    ///             Classification::new(Outcome::Success)
    ///         })
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let gusset = gusset::unary::<String, Done>("channel").rules::<Rules>().build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rules<R>(self) -> Builder<Messages<Req, Res, R>>
    where
        R: Classify<RequestResponse<Req, Res, R>>,
    {
        Builder::new(self.parts.kind.with_rules())
    }
}

impl<O> Builder<HttpServer, O> {
    /// The paths whose calls are left out of all signals, instead of [`PathFilter::DEFAULT_EXCLUDED`].
    pub fn skip<I>(mut self, paths: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.parts.kind.skip = PathFilter::excluding(paths);
        self
    }
}

impl<O> Builder<GrpcServer, O> {
    /// The paths whose calls are left out of all signals, instead of `/grpc.health.v1.Health/*`.
    pub fn skip<I>(mut self, paths: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.parts.kind.skip = PathFilter::excluding(paths);
        self
    }
}

impl<K: Kind + fmt::Debug, O> fmt::Debug for Builder<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("kind", &self.parts.kind)
            .finish_non_exhaustive()
    }
}
