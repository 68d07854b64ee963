use std::fmt;
use std::sync::Arc;

use gusset_http::{KnownMethods, RequestHead};

use super::HttpMetrics;
use super::shared::{RouteFn, Shared};
use crate::key::{Scheme, USER_LABELS};
use crate::names;
use crate::{ConfigError, Label, SharedRecorder, instruments};

/// Configures [`HttpMetrics`]. What is not set is by convention.
#[must_use = "a builder measures nothing"]
pub struct HttpMetricsBuilder {
    recorder: SharedRecorder,
    methods: Option<KnownMethods>,
    series_limit: usize,
    labels: Vec<Label>,
    route: Option<RouteFn>,
    scheme: Scheme,
    scope_recorder: bool,
}

// === impl HttpMetricsBuilder ===

impl HttpMetricsBuilder {
    pub(super) fn new(recorder: SharedRecorder) -> Self {
        Self {
            recorder,
            methods: None,
            series_limit: 2000,
            labels: Vec::new(),
            route: None,
            scheme: Scheme::Http,
            scope_recorder: false,
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
        self.series_limit = limit;
        self
    }

    /// Adds a label of the user's own, seven at most.
    pub fn label(mut self, label: Label) -> Self {
        self.labels.push(label);
        self
    }

    /// Names the route of a request, where neither axum nor the service itself does. It has to be a
    /// template, not the path; the limit on series holds all the same.
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
        self.scope_recorder = true;
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
            recorder,
            methods,
            series_limit,
            labels,
            route,
            scheme,
            scope_recorder,
        } = self;
        let methods = match methods {
            Some(methods) => methods,
            None => KnownMethods::parse(&env(KnownMethods::ENV).unwrap_or_default())
                .map_err(|error| ConfigError::new(KnownMethods::ENV, error))?,
        };
        if !(1..=60_000).contains(&series_limit) {
            return Err(ConfigError::new(
                "series_limit",
                "it is not from 1 to 60000",
            ));
        }
        check_labels(&labels)?;
        for metric in names::ALL {
            instruments::describe(&recorder, metric);
        }
        let shared = Shared::new(
            recorder,
            methods,
            series_limit,
            labels,
            route,
            scheme,
            scope_recorder,
        );
        Ok(HttpMetrics {
            shared: Arc::new(shared),
        })
    }
}

fn check_labels(labels: &[Label]) -> Result<(), ConfigError> {
    if labels.len() > USER_LABELS {
        return Err(ConfigError::new("labels", "there are more than seven"));
    }
    for (at, label) in labels.iter().enumerate() {
        label.check()?;
        let ours = names::ALL
            .iter()
            .any(|metric| metric.labels.contains(&label.key()));
        if ours || label.key() == names::OVERFLOW {
            return Err(ConfigError::new(
                format!("labels.{}", label.key()),
                "the key is taken",
            ));
        }
        if labels[..at]
            .iter()
            .any(|earlier| earlier.key() == label.key())
        {
            return Err(ConfigError::new(
                format!("labels.{}", label.key()),
                "it is added twice",
            ));
        }
    }
    Ok(())
}

impl fmt::Debug for HttpMetricsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetricsBuilder")
            .field("methods", &self.methods)
            .field("series_limit", &self.series_limit)
            .field("labels", &self.labels)
            .field("scheme", &self.scheme)
            .field("scope_recorder", &self.scope_recorder)
            .finish_non_exhaustive()
    }
}
