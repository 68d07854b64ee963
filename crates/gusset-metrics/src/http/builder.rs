use std::fmt;
use std::sync::Arc;

use gusset_core::Env;
use gusset_http::{KnownMethods, RequestHead, RequestOptions};

use super::HttpMetrics;
use crate::call_metrics::{Config, InstrumentSet};
use crate::{ConfigError, Label, SharedRecorder};

/// Configures and builds [`HttpMetrics`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct HttpMetricsBuilder {
    config: Config,
    instruments: &'static InstrumentSet,
    options: Arc<RequestOptions>,
    /// Whether the known methods are configured, and not to be read from the environment.
    has_methods: bool,
}

// === impl HttpMetricsBuilder ===

impl HttpMetricsBuilder {
    pub(super) fn new(recorder: SharedRecorder, instruments: &'static InstrumentSet) -> Self {
        Self {
            config: Config::new(recorder),
            instruments,
            options: Arc::default(),
            has_methods: false,
        }
    }

    /// Sets the options of requests, shared with the other signals.
    ///
    /// Replaces what was set before. A later [`known_methods`](Self::known_methods), [`route`](Self::route) or
    /// [`https`](Self::https) changes a copy.
    pub fn request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
        self.has_methods = true;
        self
    }

    /// Sets the methods that are label values; others are `_OTHER`.
    ///
    /// Defaults to those of the [`request_options`](Self::request_options), or else to
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, or else to the list of the semantic conventions.
    pub fn known_methods(mut self, methods: KnownMethods) -> Self {
        self.has_methods = true;
        self.change(|options| options.with_known_methods(methods))
    }

    /// Sets how many series each metric may have, from 1 to 60,000.
    ///
    /// The calls over the limit share one overflow series. Defaults to 2000, the default of
    /// OpenTelemetry's SDKs.
    pub fn cardinality_limit(mut self, limit: usize) -> Self {
        self.config.cardinality_limit = limit;
        self
    }

    /// Adds a custom label. At most five labels may be added.
    pub fn label(mut self, label: Label) -> Self {
        self.config.labels.push(label);
        self
    }

    /// Sets a function that returns the route of a request, for the metrics alone
    /// ([`RequestOptions::with_route`] sets it for all signals).
    ///
    /// It overrides the route from axum's router or the request extensions, which are used if it
    /// returns `None`. The route must be a template and not the path. The cardinality limit still
    /// applies.
    pub fn route<F>(self, route: F) -> Self
    where
        F: for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.change(|options| options.with_route(route))
    }

    /// Sets `https` as the scheme of requests without one in their target. Defaults to `http`.
    ///
    /// HTTP/1 requests have none, also if they arrive over TLS or through a proxy that terminates it.
    pub fn https(self) -> Self {
        self.change(|options| options.with_https(true))
    }

    /// Makes the recorder the local recorder while the service is polled.
    ///
    /// Metrics that the service records with `counter!` and the like then go to this recorder, without
    /// a global one. Spawned tasks are not covered. Off by default.
    pub fn with_local_recorder(mut self) -> Self {
        self.config.with_local_recorder = true;
        self
    }

    /// Builds the metrics, with the environment of the process.
    ///
    /// # Errors
    /// If a setting or environment variable is invalid. The error names it.
    pub fn build(self) -> Result<HttpMetrics, ConfigError> {
        self.build_in(Env::process())
    }

    /// Builds the metrics, with the environment that `env` returns.
    ///
    /// # Errors
    /// If a setting or environment variable is invalid. The error names it.
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<HttpMetrics, ConfigError> {
        self.build_in(Env::from_fn(&env))
    }

    /// Builds the metrics in an environment.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_in(mut self, env: Env<'_>) -> Result<HttpMetrics, ConfigError> {
        if !self.has_methods {
            let methods = KnownMethods::from_env(env)?;
            self = self.known_methods(methods);
        }
        let Self {
            config,
            instruments,
            options,
            has_methods: _,
        } = self;
        Ok(HttpMetrics {
            instruments: config.build(instruments, options)?,
        })
    }

    fn change(mut self, change: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        self.options = Arc::new(change(Arc::unwrap_or_clone(self.options)));
        self
    }
}

impl fmt::Debug for HttpMetricsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetricsBuilder")
            .field("config", &self.config)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
