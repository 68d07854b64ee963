use std::fmt;
use std::sync::Arc;

use gusset_data::SpanSink;
use gusset_http::{KnownMethods, QueryRedaction, TrustedProxies};
use http::HeaderName;

use super::headers::{self, Headers};
use super::{Protocol, Shared, Side, Trace, Unread};
use crate::exception::Exceptions;
use crate::sample::{self, Sampler};
use crate::{ConfigError, Limits, Propagators};

/// Configures [`Trace`]. What is not set is by convention, and safe.
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
    sampler: Option<Arc<dyn Sampler>>,
    sink: Option<Arc<dyn SpanSink>>,
    limits: Option<Limits>,
    peer: bool,
    headers: [Headers; 4],
}

/// The places of the headers that were asked for.
const REQUEST: usize = 0;
const RESPONSE: usize = 1;
const SECRET_REQUEST: usize = 2;
const SECRET_RESPONSE: usize = 3;

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
            sampler: None,
            sink: None,
            limits: None,
            peer: false,
            headers: Default::default(),
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

    /// Which calls are recorded. Unset, the environment variables `OTEL_TRACES_SAMPLER` and
    /// `OTEL_TRACES_SAMPLER_ARG` are asked, then all are that the caller does not say no to.
    pub fn sampler(mut self, sampler: impl Sampler) -> Self {
        self.sampler = Some(Arc::new(sampler));
        self
    }

    /// Where the spans go. Unset, to the `SpanLayer` of the thread's subscriber, if it has one.
    pub fn export(mut self, sink: impl SpanSink) -> Self {
        self.sink = Some(Arc::new(sink));
        self
    }

    /// How much stands on a span at most. Unset, the environment is asked, as
    /// [`Limits::from_env`] does.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Puts on spans who is at the other end of the connection, where that is known: see
    /// [`PeerAddr`](gusset_http::PeerAddr).
    pub fn peer_address(mut self) -> Self {
        self.peer = true;
        self
    }

    /// Puts that header of requests on the spans that are exported, as `http.request.header.<name>`: at
    /// most 16 values of 256 bytes. Those that are nothing but secrets are refused by
    /// [`build`](Self::build); values that are marked as sensitive are left out.
    ///
    /// ```
    /// use gusset_trace::Trace;
    /// use http::header;
    ///
    /// assert!(Trace::server().request_header(header::ACCEPT_LANGUAGE).build().is_ok());
    /// let error = Trace::server().request_header(header::COOKIE).build().expect_err("a secret");
    /// assert_eq!(error.field(), "request_header");
    /// ```
    pub fn request_header(mut self, name: HeaderName) -> Self {
        self.headers[REQUEST].add(headers::REQUEST, name);
        self
    }

    /// Puts that header of responses on the spans that are exported, as
    /// [`request_header`](Self::request_header) does for requests.
    pub fn response_header(mut self, name: HeaderName) -> Self {
        self.headers[RESPONSE].add(headers::RESPONSE, name);
        self
    }

    /// As [`request_header`](Self::request_header), also for `Authorization`, `Cookie`,
    /// `Proxy-Authorization` and `Set-Cookie`.
    pub fn secret_request_header(mut self, name: HeaderName) -> Self {
        self.headers[SECRET_REQUEST].add(headers::REQUEST, name);
        self
    }

    /// As [`response_header`](Self::response_header), also for `Authorization`, `Cookie`,
    /// `Proxy-Authorization` and `Set-Cookie`.
    pub fn secret_response_header(mut self, name: HeaderName) -> Self {
        self.headers[SECRET_RESPONSE].add(headers::RESPONSE, name);
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
            sampler,
            sink,
            limits,
            peer,
            headers,
        } = self;
        let [
            mut request_headers,
            mut response_headers,
            secret_request,
            secret_response,
        ] = headers;
        request_headers.check("request_header")?;
        response_headers.check("response_header")?;
        request_headers.append(secret_request);
        response_headers.append(secret_response);
        warn_of_old_names(&env);
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
                sampler: sampler.unwrap_or_else(|| sample::from_lookup(&env)),
                sink,
                limits: limits.unwrap_or_else(|| Limits::from_lookup(&env)),
                exceptions: Exceptions::from_lookup(&env),
                peer,
                request_headers,
                response_headers,
                unread: Unread::default(),
            }),
        })
    }
}

impl fmt::Debug for TraceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceBuilder")
            .field("side", &self.side)
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}

/// Spans bear the stable names of HTTP and the new ones of RPC, and no others: who asks for the old
/// ones beside them does not get them.
fn warn_of_old_names(env: impl Fn(&str) -> Option<String>) {
    const ENV: &str = "OTEL_SEMCONV_STABILITY_OPT_IN";
    let list = env(ENV).unwrap_or_default();
    let mut asked = list.split(',').map(str::trim);
    if asked.any(|name| matches!(name, "http/dup" | "rpc/dup")) {
        tracing::warn!(
            target: "gusset::trace",
            "`{ENV}` asks for names of earlier conventions, which are not told: spans bear the new names alone"
        );
    }
}
