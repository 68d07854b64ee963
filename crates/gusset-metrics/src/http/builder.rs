use std::fmt;
use std::sync::Arc;

use gusset_http::{KnownMethods, RequestHead};

use super::{HttpMetrics, RouteFn, Shared};
use crate::key::Scheme;
use crate::meter::{Config, Family};
use crate::{ConfigError, Label, SharedRecorder};

/// Configures [`HttpMetrics`]. What is not set is by convention.
#[must_use = "a builder measures nothing"]
pub struct HttpMetricsBuilder {
    config: Config,
    family: &'static Family,
    methods: Option<KnownMethods>,
    route: Option<RouteFn>,
    scheme: Scheme,
}

// === impl HttpMetricsBuilder ===

impl HttpMetricsBuilder {
    pub(super) fn new(recorder: SharedRecorder, family: &'static Family) -> Self {
        Self {
            config: Config::new(recorder),
            family,
            methods: None,
            route: None,
            scheme: Scheme::Http,
        }
    }

    /// The methods that may become a label's value. Unset, the environment variable
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` is asked, then the conventions' list is taken.
    pub fn known_methods(mut self, methods: KnownMethods) -> Self {
        self.methods = Some(methods);
        self
    }

    /// How many series a metric may have: 2000 unless set (the default of OpenTelemetry's SDKs),
    /// from 1 to 60,000. The calls of all others share one overflow series.
    pub fn series_limit(mut self, limit: usize) -> Self {
        self.config.series_limit = limit;
        self
    }

    /// Adds a label of the user's own, five at most.
    pub fn label(mut self, label: Label) -> Self {
        self.config.labels.push(label);
        self
    }

    /// Names the route of a request, over what axum's router or an extension of the request says; where
    /// it gives none, those are asked. It has to be a template, not the path; the limit on series holds
    /// all the same.
    pub fn route<F>(mut self, route: F) -> Self
    where
        F: for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.route = Some(Box::new(route));
        self
    }

    /// Says that requests which do not name their scheme (HTTP/1 over a listener with TLS, or behind
    /// a proxy that ends it) came by `https`.
    pub fn https(mut self) -> Self {
        self.scheme = Scheme::Https;
        self
    }

    /// Makes this recorder the current one while the service is polled, so that its own `counter!`
    /// lands here and no global recorder is needed. Not in tasks that it spawns.
    pub fn scope_recorder(mut self) -> Self {
        self.config.scope_recorder = true;
        self
    }

    /// Puts the metrics together.
    ///
    /// # Errors
    /// Names the field, or the environment variable, that cannot be used.
    pub fn build(self) -> Result<HttpMetrics, ConfigError> {
        self.build_with(|name| std::env::var(name).ok())
    }

    /// As [`build`](Self::build), with the environment given.
    ///
    /// # Errors
    /// Names the field, or the environment variable, that cannot be used.
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<HttpMetrics, ConfigError> {
        let Self {
            config,
            family,
            methods,
            route,
            scheme,
        } = self;
        let methods = match methods {
            Some(methods) => methods,
            None => KnownMethods::parse(&env(KnownMethods::ENV).unwrap_or_default())
                .map_err(|error| ConfigError::new(KnownMethods::ENV, error))?,
        };
        let shared = Shared {
            meter: config.build(family, methods)?,
            route,
            scheme,
        };
        Ok(HttpMetrics {
            shared: Arc::new(shared),
        })
    }
}

impl fmt::Debug for HttpMetricsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetricsBuilder")
            .field("config", &self.config)
            .field("methods", &self.methods)
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}
