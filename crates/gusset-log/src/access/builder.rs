use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_http::{KnownMethods, QueryRedaction, TrustedProxies};

use super::running::Running;
use super::sampling::Sampler;
use super::{AccessLog, Levels, Sampling, Shared, Side};
use crate::ConfigError;

/// Configures an [`AccessLog`]. What is not set is by convention.
#[must_use = "a builder writes nothing"]
pub struct AccessLogBuilder {
    side: Side,
    levels: Levels,
    methods: Option<KnownMethods>,
    proxies: Option<TrustedProxies>,
    query: Option<QueryRedaction>,
    user_agent: bool,
    referer: bool,
    sampling: Sampling,
    running: Option<Duration>,
}

// === impl AccessLogBuilder ===

impl AccessLogBuilder {
    pub(super) fn new(side: Side) -> Self {
        Self {
            side,
            levels: Levels::default(),
            methods: None,
            proxies: None,
            query: None,
            user_agent: side.is_server(),
            referer: false,
            sampling: Sampling::All,
            running: None,
        }
    }

    /// How grave lines are.
    pub fn levels(mut self, levels: Levels) -> Self {
        self.levels = levels;
        self
    }

    /// The methods that are shown as such; others are `_OTHER`, with what was sent beside it. Unset, the
    /// environment variable `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` is asked, then the conventions' list
    /// is taken.
    pub fn known_methods(mut self, methods: KnownMethods) -> Self {
        self.methods = Some(methods);
        self
    }

    /// The proxies in front of a server whose word on their callers is taken. Unset, who called is the
    /// connection's other end, if that is known ([`PeerAddr`](gusset_http::PeerAddr)).
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// Shows queries, redacted so.
    pub fn query(mut self, redaction: QueryRedaction) -> Self {
        self.query = Some(redaction);
        self
    }

    /// Whether to show what the caller says it is; a server does unless told otherwise.
    pub fn user_agent(mut self, show: bool) -> Self {
        self.user_agent = show;
        self
    }

    /// Shows from which page a caller says it came, without its query: for the Combined Log Format.
    pub fn referer(mut self) -> Self {
        self.referer = true;
        self
    }

    /// Writes lines of some of the successful calls only.
    pub fn sample(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Says of calls that take longer than that that they are still running, and again after as long
    /// again. Costs an allocation and a lock a call, and a thread for this log; of more than 10,000 calls at
    /// a time, the others are not watched.
    pub fn still_running(mut self, every: Duration) -> Self {
        self.running = Some(every);
        self
    }

    /// Puts the log together.
    ///
    /// # Errors
    /// Names the field, or the environment variable, that cannot be used.
    pub fn build(self) -> Result<AccessLog, ConfigError> {
        self.build_with(|name| std::env::var(name).ok())
    }

    /// As [`build`](Self::build), with the environment given.
    ///
    /// # Errors
    /// Names the field, or the environment variable, that cannot be used.
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<AccessLog, ConfigError> {
        let Self {
            side,
            levels,
            methods,
            proxies,
            query,
            user_agent,
            referer,
            sampling,
            running,
        } = self;
        let methods = match methods {
            Some(methods) => methods,
            None => KnownMethods::parse(&env(KnownMethods::ENV).unwrap_or_default())
                .map_err(|error| ConfigError::new(KnownMethods::ENV, error))?,
        };
        let running = match running {
            Some(every) if every < Duration::from_millis(10) => {
                return Err(ConfigError::new("still_running", "less than 10 ms"));
            }
            Some(every) => Some(
                Running::watch(every).map_err(|error| ConfigError::new("still_running", error))?,
            ),
            None => None,
        };
        let shared = Shared {
            side,
            levels,
            methods,
            proxies,
            query,
            user_agent,
            referer,
            sampler: Sampler::new(sampling),
            running,
        };
        Ok(AccessLog {
            shared: Arc::new(shared),
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
