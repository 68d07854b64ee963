use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{ConfigError, Env};
use gusset_http::{KnownMethods, QueryRedaction, TrustedProxies};

use super::config::{AccessLogConfig, Side};
use super::in_progress::InProgress;
use super::levels::OutcomeLevels;
use super::observer::AccessLog;
use super::sampling::{AccessLogSampling, Sampler};

/// Configures an [`AccessLog`].
#[must_use = "a builder does nothing until it is built"]
pub struct AccessLogBuilder {
    side: Side,
    levels: OutcomeLevels,
    methods: Option<KnownMethods>,
    proxies: Option<TrustedProxies>,
    query: Option<QueryRedaction>,
    user_agent: bool,
    referer: bool,
    sampling: AccessLogSampling,
    in_progress_interval: Option<Duration>,
}

/// A shorter interval would log most requests and keep its thread busy.
const MIN_IN_PROGRESS_INTERVAL: Duration = Duration::from_millis(10);

// === impl AccessLog ===

impl AccessLog {
    /// Returns a builder for the access log of a server.
    pub fn server() -> AccessLogBuilder {
        AccessLogBuilder::new(Side::Server)
    }

    /// Returns a builder for the access log of a client.
    pub fn client() -> AccessLogBuilder {
        AccessLogBuilder::new(Side::Client)
    }

    /// Returns a builder for the access log of a gRPC server, used with `ObserveLayer::<Grpc, _>`.
    pub fn grpc_server() -> AccessLogBuilder {
        AccessLogBuilder::new(Side::GrpcServer)
    }

    /// Returns a builder for the access log of a gRPC client, used with
    /// `ObserveLayer::<Http<GrpcClientClassifier>, _>`.
    pub fn grpc_client() -> AccessLogBuilder {
        AccessLogBuilder::new(Side::GrpcClient)
    }
}

// === impl AccessLogBuilder ===

impl AccessLogBuilder {
    fn new(side: Side) -> Self {
        Self {
            side,
            levels: OutcomeLevels::default(),
            methods: None,
            proxies: None,
            query: None,
            user_agent: side.is_server(),
            referer: false,
            sampling: AccessLogSampling::All,
            in_progress_interval: None,
        }
    }

    /// Sets the level of entries by outcome.
    pub fn levels(mut self, levels: OutcomeLevels) -> Self {
        self.levels = levels;
        self
    }

    /// Sets the known methods. Others are logged as `_OTHER`, with the method as sent in a second
    /// field.
    ///
    /// Defaults to `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, or else the list of the semantic
    /// conventions.
    pub fn known_methods(mut self, methods: KnownMethods) -> Self {
        self.methods = Some(methods);
        self
    }

    /// Sets the proxies that may name the client of a server's request.
    ///
    /// Defaults to none: the client is the peer of the connection, if a
    /// [`PeerAddr`](gusset_http::PeerAddr) is known.
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// Logs queries, redacted in this way. Off by default.
    pub fn query(mut self, redaction: QueryRedaction) -> Self {
        self.query = Some(redaction);
        self
    }

    /// Sets whether to log the `User-Agent` header. Defaults to `true` for servers.
    pub fn user_agent(mut self, enabled: bool) -> Self {
        self.user_agent = enabled;
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
        self.build_from(Env::process())
    }

    /// Builds the access log with the given environment variables.
    ///
    /// # Errors
    /// If a setting or an environment variable is not valid. The error names it.
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<AccessLog, ConfigError> {
        self.build_from(Env::from_fn(&env))
    }

    fn build_from(self, env: Env<'_>) -> Result<AccessLog, ConfigError> {
        let Self {
            side,
            levels,
            methods,
            proxies,
            query,
            user_agent,
            referer,
            sampling,
            in_progress_interval,
        } = self;
        let methods = match methods {
            Some(methods) => methods,
            None => KnownMethods::from_env(env)?,
        };
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
            side,
            levels,
            methods,
            proxies,
            query,
            user_agent,
            referer,
            sampler: Sampler::new(sampling),
            in_progress,
        };
        Ok(AccessLog {
            config: Arc::new(config),
        })
    }
}

impl fmt::Debug for AccessLogBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLogBuilder")
            .field("side", &self.side)
            .field("levels", &self.levels)
            .field("sampling", &self.sampling)
            .finish_non_exhaustive()
    }
}
