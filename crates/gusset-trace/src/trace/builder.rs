use std::sync::Arc;

use gusset_http::{KnownMethods, QueryRedaction, TrustedProxies};

use super::{Protocol, Shared, Side, Trace};
use crate::{ConfigError, Propagators};

/// Configures [`Trace`]. What is not set is by convention, and safe.
#[derive(Debug)]
#[must_use = "a builder traces nothing"]
pub struct TraceBuilder {
    side: Side,
    protocol: Protocol,
    propagators: Option<Propagators>,
    methods: Option<KnownMethods>,
    query: bool,
    secrets: QueryRedaction,
    user_agent: bool,
    https: bool,
    proxies: Option<TrustedProxies>,
}

// === impl TraceBuilder ===

impl TraceBuilder {
    pub(super) fn new(side: Side, protocol: Protocol) -> Self {
        Self {
            side,
            protocol,
            propagators: None,
            methods: None,
            query: false,
            secrets: QueryRedaction::default(),
            user_agent: false,
            https: false,
            proxies: None,
        }
    }

    /// How traces travel. Unset, the environment variable `OTEL_PROPAGATORS` is asked, then it is W3C
    /// Trace Context and Baggage.
    pub fn propagators(mut self, propagators: Propagators) -> Self {
        self.propagators = Some(propagators);
        self
    }

    /// The methods that may stand in a span's name. Unset, the environment variable
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` is asked, then the conventions' list is taken.
    pub fn known_methods(mut self, methods: KnownMethods) -> Self {
        self.methods = Some(methods);
        self
    }

    /// Puts the query on spans, with the values of secret keys redacted: signatures and credentials of
    /// the large clouds, and what [`redact`](Self::redact) adds.
    pub fn query(mut self) -> Self {
        self.query = true;
        self
    }

    /// Redacts the value of that key of a query too. Case does not count.
    pub fn redact(mut self, key: impl Into<String>) -> Self {
        self.secrets.add(key);
        self
    }

    /// Puts on spans what callers say they are: `User-Agent`.
    pub fn user_agent(mut self) -> Self {
        self.user_agent = true;
        self
    }

    /// Says that requests which do not name their scheme (HTTP/1 over a listener with TLS, or behind
    /// a proxy that ends it) came by `https`.
    pub fn https(mut self) -> Self {
        self.https = true;
        self
    }

    /// Puts the caller's address on a server's spans, by the word of these proxies in front of it.
    /// Without them the headers that name it are anybody's word, so nothing is read of them unless this
    /// is said.
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// Puts the observer together.
    ///
    /// # Errors
    /// Names the environment variable that cannot be used.
    pub fn build(self) -> Result<Trace, ConfigError> {
        self.build_with(|name| std::env::var(name).ok())
    }

    /// As [`build`](Self::build), with the environment given.
    ///
    /// # Errors
    /// Names the environment variable that cannot be used.
    pub fn build_with(self, env: impl Fn(&str) -> Option<String>) -> Result<Trace, ConfigError> {
        let Self {
            side,
            protocol,
            propagators,
            methods,
            query,
            secrets,
            user_agent,
            https,
            proxies,
        } = self;
        let propagators = match propagators {
            Some(propagators) => propagators,
            None => Propagators::from_lookup(&env)?,
        };
        let methods = match methods {
            Some(methods) => methods,
            None => KnownMethods::parse(&env(KnownMethods::ENV).unwrap_or_default())
                .map_err(|error| ConfigError::new(KnownMethods::ENV, error))?,
        };
        Ok(Trace {
            shared: Arc::new(Shared {
                side,
                protocol,
                propagators,
                methods,
                query: query.then_some(secrets),
                user_agent,
                https,
                proxies,
                unread: false.into(),
            }),
        })
    }
}
