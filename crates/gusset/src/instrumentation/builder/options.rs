//! The settings that concern every signal: how requests are read, and which are excluded.

use gusset_core::ErrorStatuses;
#[cfg(any(feature = "log", feature = "trace"))]
use gusset_data::Redaction;
use gusset_http::{
    KnownMethods, PathFilter, QueryRedaction, RequestHead, RequestOptions, TrustedProxies,
};

use crate::InstrumentationBuilder;
use crate::kind::{GrpcServer, HttpClient, HttpKind, HttpServer, ServiceKind};

/// The request options that were set, to be applied over those of the environment.
#[derive(Default)]
pub(super) struct OptionChanges(Vec<Box<dyn FnOnce(RequestOptions) -> RequestOptions>>);

impl<K: ServiceKind + HttpKind, O> InstrumentationBuilder<K, O> {
    /// Sets the methods that are reported; others are `_OTHER`. Overrides
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`.
    pub fn known_methods(self, methods: KnownMethods) -> Self {
        self.option(|options| options.with_known_methods(methods))
    }

    /// Reports `https` as the scheme of a server's requests that do not name one. Defaults to `http`.
    pub fn https(self) -> Self {
        self.option(|options| options.with_https(true))
    }

    /// Reads `client.address` from `Forwarded` or `X-Forwarded-For`, as these proxies write them.
    ///
    /// Clients can forge these headers, so they are ignored by default.
    ///
    /// ```
    /// use gusset::http::TrustedProxies;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let proxies = TrustedProxies::cidrs(["10.0.0.0/8"])?;
    /// let gusset = gusset::http().https().trusted_proxies(proxies).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn trusted_proxies(self, proxies: TrustedProxies) -> Self {
        self.option(|options| options.with_trusted_proxies(proxies))
    }

    /// Reports the query of requests, with its secrets redacted. Left out by default.
    pub fn query(self, redaction: QueryRedaction) -> Self {
        self.option(|options| options.with_query(redaction))
    }

    /// Sets a function that returns the route of a request, for all signals: `http.route` of log entries, spans and
    /// metrics (`url.template` of a client), the name of the span, sampling, and the calls in flight of health.
    ///
    /// Where it returns `None`, the route is that of axum's router, a [`Route`](gusset_http::Route) or a
    /// [`UrlTemplate`](gusset_http::UrlTemplate). It must return a template and never the path. Each signal calls it,
    /// so it should be fast. If it panics, the result is `None`
    /// ([`route_panics`](gusset_http::route_panics)). See [`RequestOptions::with_route`] for its limits.
    ///
    /// gRPC calls are named by their method; the function is for sampling and the calls in flight.
    ///
    /// ```
    /// use gusset::http::RequestHead;
    ///
    /// fn route(req: RequestHead<'_>) -> Option<&str> {
    ///     req.uri.path().starts_with("/files/").then_some("/files/{*path}")
    /// }
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().route(route).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn route<F>(self, route: F) -> Self
    where
        F: for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.option(|options| options.with_route(route))
    }

    /// Sets whether the paths of requests are hidden, so that log entries and spans have only the route.
    /// Defaults to `false`.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().hide_paths(true).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn hide_paths(self, are_hidden: bool) -> Self {
        self.option(move |options| options.with_hidden_paths(are_hidden))
    }

    /// Sets whether the `User-Agent` header is reported. By default, log entries of servers have it, and
    /// spans do not.
    pub fn user_agent(self, is_reported: bool) -> Self {
        self.option(move |options| options.with_user_agent(is_reported))
    }

    /// Sets whether log entries and spans of failed calls have `exception.message`: the text of the error and
    /// of its causes, redacted and bounded. By default, those of clients do.
    ///
    /// `error.type` is reported in any case. An error that reaches a server's layer may contain the data of
    /// a user.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().exception_messages(true).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn exception_messages(self, are_reported: bool) -> Self {
        self.option(move |options| options.with_exception_messages(are_reported))
    }
}

impl<K: ServiceKind, O> InstrumentationBuilder<K, O> {
    pub(super) fn option(
        mut self,
        change: impl FnOnce(RequestOptions) -> RequestOptions + 'static,
    ) -> Self {
        self.state.options.0.push(Box::new(change));
        self
    }
}

#[cfg(any(feature = "log", feature = "trace"))]
impl<K: ServiceKind, O> InstrumentationBuilder<K, O> {
    /// Sets what is redacted in custom attributes of spans, in the texts of requests on spans, and in
    /// `exception.message`. Defaults to [`Redaction::default`].
    ///
    /// ```
    /// use gusset::log::Redaction;
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let redaction = Redaction::default().key("iban");
    /// let gusset = gusset::http().redaction(redaction).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.state.redaction = Some(redaction);
        self
    }
}

/// Implements the setting for a kind whose calls have statuses of HTTP.
macro_rules! error_statuses {
    ($kind:ident, $variable:literal, $list:literal) => {
        impl<O> InstrumentationBuilder<$kind, O> {
            /// Sets the statuses that are errors: for the level of log entries, the status of spans, `error.type`
            /// and the outcome in all signals. A status that is not in the list is not an error.
            ///
            #[doc = concat!("Overrides `", $variable, "`, a list such as `", $list, "`. A part of the variable that")]
            /// cannot be read is ignored with a warning. Without both, the classifier decides
            /// ([`HttpServerClassifier`](gusset_http::HttpServerClassifier),
            /// [`HttpClientClassifier`](gusset_http::HttpClientClassifier)).
            ///
            /// Circuit breakers have the same setting.
            ///
            /// ```
            /// use gusset::ErrorStatuses;
            ///
            /// # fn main() -> Result<(), gusset::ConfigError> {
            #[doc = concat!("let statuses = ErrorStatuses::parse(\"", $list, "\")?;")]
            /// let gusset = gusset::http().error_statuses(statuses).build()?;
            /// # Ok(())
            /// # }
            /// ```
            pub fn error_statuses(mut self, statuses: ErrorStatuses) -> Self {
                self.state.error_statuses = Some(statuses);
                self
            }
        }
    };
}

error_statuses!(
    HttpServer,
    "GUSSET_HTTP_SERVER_ERROR_STATUSES",
    "500-599,429"
);
error_statuses!(HttpClient, "GUSSET_HTTP_CLIENT_ERROR_STATUSES", "400-599");

impl<O> InstrumentationBuilder<GrpcServer, O> {
    /// Registers services of the server by their full names (`NAME` of tonic's `NamedService`), or
    /// methods, `package.Service/Method`. They are then reported by name also if all calls of them
    /// fail ([`RequestOptions::with_rpc_services`]). Defaults to none.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::grpc().rpc_services(["shop.v1.Stock"]).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rpc_services<I>(self, services: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        let services: Vec<_> = services.into_iter().map(Into::into).collect();
        self.option(|options| options.with_rpc_services(services))
    }
}

impl<K: ServiceKind<PathFilter = PathFilter> + HttpKind, O> InstrumentationBuilder<K, O> {
    /// Excludes calls to these paths from all signals, in addition to the defaults. A path that ends
    /// with `/*` stands for everything below it.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().exclude_paths(["/internal/*"]).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn exclude_paths<I>(mut self, paths: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.state.kind.path_filter_mut().exclude(paths);
        self
    }

    /// Clears the excluded paths, the defaults among them.
    pub fn clear_excluded_paths(mut self) -> Self {
        *self.state.kind.path_filter_mut() = PathFilter::default();
        self
    }
}

// === impl OptionChanges ===

impl OptionChanges {
    #[cfg(any(feature = "log", feature = "metrics", feature = "trace"))]
    pub(super) fn apply(self, options: RequestOptions) -> RequestOptions {
        let changes = self.0.into_iter();
        changes.fold(options, |options, change| change(options))
    }
}
