use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{ConfigError, Env};
use gusset_data::Redaction;
use gusset_http::{KnownMethods, QueryRedaction, RequestOptions, TrustedProxies};

use super::config::{AccessLogConfig, CallKind};
use super::in_progress::InProgress;
use super::levels::OutcomeLevels;
use super::observer::AccessLog;
use super::sampling::{AccessLogSampling, Sampler};

/// Configures an [`AccessLog`].
#[must_use = "a builder does nothing until it is built"]
pub struct AccessLogBuilder {
    pub(super) kind: CallKind,
    pub(super) messaging: Option<[Box<str>; 2]>,
    options: Arc<RequestOptions>,
    /// Whether the known methods are configured, so that they are not read from the environment.
    has_methods: bool,
    levels: OutcomeLevels,
    referer: bool,
    redaction: Redaction,
    sampling: AccessLogSampling,
    in_progress_interval: Option<Duration>,
}

/// A shorter interval would log most requests and keep its thread busy.
const MIN_IN_PROGRESS_INTERVAL: Duration = Duration::from_millis(10);

// === impl AccessLog ===

impl AccessLog {
    /// Returns a builder for the access log of a server.
    pub fn server() -> AccessLogBuilder {
        AccessLogBuilder::new(CallKind::HttpServer)
    }

    /// Returns a builder for the access log of a client.
    pub fn client() -> AccessLogBuilder {
        AccessLogBuilder::new(CallKind::HttpClient)
    }

    /// Returns a builder for the access log of a gRPC server, used with `ObserveLayer::<Grpc, _>`.
    pub fn grpc_server() -> AccessLogBuilder {
        AccessLogBuilder::new(CallKind::GrpcServer)
    }

    /// Returns a builder for the access log of a gRPC client, used with
    /// `ObserveLayer::<Http<GrpcClientClassifier>, _>`.
    pub fn grpc_client() -> AccessLogBuilder {
        AccessLogBuilder::new(CallKind::GrpcClient)
    }
}

// === impl AccessLogBuilder ===

impl AccessLogBuilder {
    fn new(kind: CallKind) -> Self {
        Self {
            kind,
            messaging: None,
            options: Arc::default(),
            has_methods: false,
            levels: OutcomeLevels::default(),
            referer: false,
            redaction: Redaction::default(),
            sampling: AccessLogSampling::All,
            in_progress_interval: None,
        }
    }

    /// Sets the level of entries by outcome.
    pub fn levels(mut self, levels: OutcomeLevels) -> Self {
        self.levels = levels;
        self
    }

    /// Sets the options of requests, shared with the other signals.
    ///
    /// They replace what was set before. Setters that are called afterwards change a copy.
    ///
    /// ```
    /// use gusset_http::RequestOptions;
    /// use gusset_log::AccessLog;
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), gusset_log::ConfigError> {
    /// let options = Arc::new(RequestOptions::default().with_https(true));
    /// let log = AccessLog::server().request_options(options).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
        self.has_methods = true;
        self
    }

    /// Sets the known methods. Others are logged as `_OTHER`, with the method as sent in a second
    /// field.
    ///
    /// Defaults to those of the [`request_options`](Self::request_options), or else to
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, or else to the list of the semantic conventions.
    pub fn known_methods(mut self, methods: KnownMethods) -> Self {
        self.has_methods = true;
        self.change(|options| options.with_known_methods(methods))
    }

    /// Sets the proxies that may name the client of a server's request.
    ///
    /// Defaults to none: the client is the peer of the connection, if a
    /// [`PeerAddr`](gusset_http::PeerAddr) is known.
    pub fn trusted_proxies(self, proxies: TrustedProxies) -> Self {
        self.change(|options| options.with_trusted_proxies(proxies))
    }

    /// Logs queries, redacted in this way. Off by default.
    pub fn query(self, redaction: QueryRedaction) -> Self {
        self.change(|options| options.with_query(redaction))
    }

    /// Sets whether paths are hidden, so that entries have only the route. Defaults to `false`.
    ///
    /// A `Referer` is then cut to its origin, and a gRPC method that is not known is not logged as sent.
    pub fn hide_paths(self, are_hidden: bool) -> Self {
        self.change(|options| options.with_hidden_paths(are_hidden))
    }

    /// Sets whether to log the `User-Agent` header. Defaults to `true` for servers.
    pub fn user_agent(self, enabled: bool) -> Self {
        self.change(|options| options.with_user_agent(enabled))
    }

    /// Sets whether entries of failed requests have `exception.message`: the text of the error and of its
    /// causes. Defaults to `true` for clients and `false` for servers. `error.type` is logged in any case.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_log::ConfigError> {
    /// let log = gusset_log::AccessLog::server().exception_messages(true).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn exception_messages(self, enabled: bool) -> Self {
        self.change(|options| options.with_exception_messages(enabled))
    }

    /// Sets what is redacted in `exception.message`. Defaults to [`Redaction::default`].
    ///
    /// [`LogLayer`](crate::LogLayer) redacts the other fields, and other subscribers redact nothing.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Logs the `Referer` header without its query, as the Combined Log Format needs it. Off by
    /// default.
    pub fn referer(mut self) -> Self {
        self.referer = true;
        self
    }

    /// Sets which successful requests get an entry. Defaults to all.
    pub fn sampling(mut self, sampling: AccessLogSampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Logs requests still in progress after this interval, and again at every interval. Off by
    /// default; at least 10 ms.
    ///
    /// It costs one thread for the log, and an allocation and a lock for each request. At most 10,000
    /// requests are watched at a time.
    pub fn log_in_progress_every(mut self, interval: Duration) -> Self {
        self.in_progress_interval = Some(interval);
        self
    }

    /// Builds the access log.
    ///
    /// # Errors
    /// If a setting or an environment variable is not valid. The error names it.
    pub fn build(self) -> Result<AccessLog, ConfigError> {
        self.build_in(Env::process())
    }

    /// Builds the access log with the given environment variables.
    ///
    /// # Errors
    /// If a setting or an environment variable is not valid. The error names it.
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<AccessLog, ConfigError> {
        self.build_in(Env::from_fn(&env))
    }

    /// Builds the access log with the variables of `env`.
    ///
    /// # Errors
    /// If a setting or an environment variable is not valid. The error names it.
    pub fn build_in(self, env: Env<'_>) -> Result<AccessLog, ConfigError> {
        if !self.has_methods {
            let methods = KnownMethods::from_env(env)?;
            return self.known_methods(methods).build_in(env);
        }
        let Self {
            kind,
            messaging,
            options,
            has_methods: _,
            levels,
            referer,
            redaction,
            sampling,
            in_progress_interval,
        } = self;
        let in_progress = match in_progress_interval {
            Some(interval) if interval < MIN_IN_PROGRESS_INTERVAL => {
                let reason = "less than 10 ms";
                return Err(ConfigError::new("log_in_progress_every", reason));
            }
            Some(interval) => Some(
                InProgress::spawn(interval)
                    .map_err(|error| ConfigError::new("log_in_progress_every", error))?,
            ),
            None => None,
        };
        let config = AccessLogConfig {
            kind,
            messaging,
            options,
            levels,
            referer,
            redaction,
            sampler: Sampler::new(sampling),
            in_progress,
        };
        Ok(AccessLog {
            config: Arc::new(config),
        })
    }

    /// Changes the options, or a copy of them if they are shared.
    fn change(mut self, change: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        self.options = Arc::new(change(Arc::unwrap_or_clone(self.options)));
        self
    }
}

impl fmt::Debug for AccessLogBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLogBuilder")
            .field("kind", &self.kind)
            .field("levels", &self.levels)
            .field("sampling", &self.sampling)
            .finish_non_exhaustive()
    }
}
