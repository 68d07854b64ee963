//! A layer, put together.

use std::fmt;

use gusset_core::{Classify, Filter, Isolate, ObserveLayer, Observer, Unary};
use gusset_http::Paths;
#[cfg(feature = "prometheus")]
use gusset_prometheus::{Prometheus, Resource};

use crate::{BuildError, GrpcServer, HttpServer, Kind, Messages, Telemetry};

/// Puts a layer together: what is set here goes over what the environment says, and that over the
/// conventions.
#[must_use = "a builder observes nothing"]
pub struct Builder<K: Kind, O = ()> {
    kind: K,
    observers: O,
    #[cfg(feature = "prometheus")]
    prometheus: Option<Prometheus>,
    #[cfg(feature = "prometheus")]
    resource: Option<Resource>,
    #[cfg(feature = "prometheus")]
    configure: Option<Configure<K>>,
}

#[cfg(feature = "prometheus")]
type Configure<K> = Box<dyn FnOnce(<K as Kind>::MetricsBuilder) -> <K as Kind>::MetricsBuilder>;

// === impl Builder ===

impl<K: Kind> Builder<K> {
    pub(crate) fn new(kind: K) -> Self {
        Self {
            kind,
            observers: (),
            #[cfg(feature = "prometheus")]
            prometheus: None,
            #[cfg(feature = "prometheus")]
            resource: None,
            #[cfg(feature = "prometheus")]
            configure: None,
        }
    }
}

impl<K: Kind, O: Observer<K::Protocol>> Builder<K, O> {
    /// Adds an observer of one's own, inside the others. It is isolated: if it panics, the service
    /// goes on.
    ///
    /// ```
    /// use gusset::{Call, Cx, End, Observer, Protocol};
    ///
    /// struct Slow;
    ///
    /// impl<P: Protocol> Observer<P> for Slow {
    ///     type Call = SlowCall;
    ///     fn start(&self, _: P::Request<'_>, _: &mut Cx) -> SlowCall {
    ///         SlowCall
    ///     }
    /// }
    ///
    /// struct SlowCall;
    ///
    /// impl<P: Protocol> Call<P> for SlowCall {
    ///     fn on_end(self, end: End<'_, P>, cx: &Cx) {
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
    pub fn observe<N: Observer<K::Protocol>>(self, observer: N) -> Builder<K, (O, Isolate<N>)> {
        Builder {
            kind: self.kind,
            observers: (self.observers, Isolate::new(observer)),
            #[cfg(feature = "prometheus")]
            prometheus: self.prometheus,
            #[cfg(feature = "prometheus")]
            resource: self.resource,
            #[cfg(feature = "prometheus")]
            configure: self.configure,
        }
    }

    /// Shows the metrics on that page, which others may share, instead of on one of their own.
    #[cfg(feature = "prometheus")]
    pub fn prometheus(mut self, prometheus: &Prometheus) -> Self {
        self.prometheus = Some(prometheus.clone());
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
        self.resource = Some(resource);
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
        self.configure = Some(match self.configure.take() {
            Some(earlier) => Box::new(move |builder| configure(earlier(builder))),
            None => Box::new(configure),
        });
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
    #[cfg(feature = "prometheus")]
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Telemetry<K, O>, BuildError> {
        let Self {
            kind,
            observers,
            prometheus,
            resource,
            configure,
        } = self;
        let prometheus = match (prometheus, resource) {
            (Some(_), Some(_)) => return Err(BuildError::new(crate::error::TwoResources)),
            (Some(prometheus), None) => prometheus,
            (None, resource) => {
                let resource = resource.unwrap_or_else(|| Resource::from_lookup(&env));
                Prometheus::builder()
                    .resource(resource)
                    .build()
                    .map_err(BuildError::new)?
            }
        };
        let mut builder = kind.metrics(prometheus.recorder());
        if let Some(configure) = configure {
            builder = configure(builder);
        }
        let metrics = K::build(builder, &env).map_err(BuildError::new)?;
        let observer = Filter::new((metrics, observers), kind.skip());
        Ok(Telemetry::new(ObserveLayer::new(observer), prometheus))
    }

    /// As [`build`](Self::build), with the environment given.
    ///
    /// # Errors
    /// None with these features.
    #[cfg(not(feature = "prometheus"))]
    pub fn build_with(
        self,
        _: impl Fn(&str) -> Option<String>,
    ) -> Result<Telemetry<K, O>, BuildError> {
        let Self { kind, observers } = self;
        let observer = Filter::new(((), observers), kind.skip());
        Ok(Telemetry::new(ObserveLayer::new(observer)))
    }
}

impl<Req: 'static, Res: 'static> Builder<Messages<Req, Res>> {
    /// Judges messages by rules of one's own: the place to tell dead letters apart. Said before
    /// anything else, because it says what the observers observe.
    ///
    /// ```
    /// use gusset::{Classify, Delivery, End, Outcome, Token, Unary, Verdict};
    ///
    /// enum Done { Kept, DeadLettered }
    /// struct Rules { dead: bool }
    ///
    /// impl Classify<Unary<String, Done, Rules>> for Rules {
    ///     fn start(_: &String) -> Self {
    ///         Self { dead: false }
    ///     }
    ///     fn on_response(&mut self, done: &Done) -> Delivery {
    ///         self.dead = matches!(done, Done::DeadLettered);
    ///         Delivery::Bare
    ///     }
    ///     fn on_end(&self, end: &End<'_, Unary<String, Done, Rules>>) -> Verdict {
    ///         Verdict::of_end(end).unwrap_or(if self.dead {
    ///             Verdict::new(Outcome::ServiceFault).with_error(Token::new(&"dead_lettered"))
    ///         } else {
    ///             Verdict::new(Outcome::Success)
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
        R: Classify<Unary<Req, Res, R>>,
    {
        Builder::new(self.kind.with_rules())
    }
}

impl<O> Builder<HttpServer, O> {
    /// The paths whose calls are left out of all signals, instead of [`Paths::PROBES`].
    pub fn skip<I>(mut self, paths: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.kind.skip = Paths::except(paths);
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
        self.kind.skip = Paths::except(paths);
        self
    }
}

impl<K: Kind + fmt::Debug, O> fmt::Debug for Builder<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
