use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use gusset_core::{Env, PanicCounter};
use gusset_data::{Redaction, SpanSink};
use gusset_http::{KnownMethods, RequestOptions, TrustedProxies};
use gusset_propagation::Propagators;
use http::HeaderName;

use super::{TraceObserver, baggage_fields};
use crate::call_kind::CallKind;
use crate::config::{
    CapturedHeaders, RepeatedTraceparent, TraceConfig, TraceTrust, UnreadTraceCheck,
};
use crate::contained_sink;
use crate::env::warn_of_old_names;
use crate::exceptions::ExceptionSignals;
use crate::live::StartSpan;
use crate::sampler::{self, Sampler, SamplerPanics};
use crate::{ConfigError, ContextBridge, SpanLimits, names};

/// Configures a [`TraceObserver`]. Every setting has a safe default.
#[must_use = "call `build` to create the observer"]
pub struct TraceObserverBuilder {
    pub(super) kind: CallKind,
    propagators: Option<Propagators>,
    options: Arc<RequestOptions>,
    /// Whether the known methods are configured, and not to be read from the environment.
    has_methods: bool,
    query: bool,
    /// The keys that are added to the redaction of the query.
    secret_keys: Vec<String>,
    sampler: Option<Arc<dyn Sampler>>,
    sink: Option<Arc<dyn SpanSink>>,
    sink_panics: Option<Arc<PanicCounter>>,
    pub(super) live: Option<(Arc<dyn StartSpan>, Arc<PanicCounter>)>,
    limits: Option<SpanLimits>,
    redaction: Arc<Redaction>,
    trust: TraceTrust,
    pub(super) baggage_fields: Vec<Cow<'static, str>>,
    repeated_traceparent: RepeatedTraceparent,
    peer_address: bool,
    request_headers: CapturedHeaders,
    response_headers: CapturedHeaders,
    secret_request_headers: CapturedHeaders,
    secret_response_headers: CapturedHeaders,
    pub(super) context_bridge: Option<&'static dyn ContextBridge>,
}

// === impl TraceObserverBuilder ===

impl TraceObserverBuilder {
    pub(super) fn new(kind: CallKind) -> Self {
        Self {
            kind,
            propagators: None,
            options: Arc::default(),
            has_methods: false,
            query: false,
            secret_keys: Vec::new(),
            sampler: None,
            sink: None,
            sink_panics: None,
            live: None,
            limits: None,
            redaction: Arc::default(),
            trust: TraceTrust::default(),
            baggage_fields: Vec::new(),
            repeated_traceparent: RepeatedTraceparent::default(),
            peer_address: false,
            request_headers: CapturedHeaders::default(),
            response_headers: CapturedHeaders::default(),
            secret_request_headers: CapturedHeaders::default(),
            secret_response_headers: CapturedHeaders::default(),
            context_bridge: None,
        }
    }

    /// Sets the propagators. Defaults to `OTEL_PROPAGATORS`, or else W3C Trace Context and Baggage.
    pub fn propagators(mut self, propagators: Propagators) -> Self {
        self.propagators = Some(propagators);
        self
    }

    /// Sets the options of requests, shared with the other signals.
    ///
    /// They replace what was set before. Setters that are called afterwards change a copy. Spans have a
    /// user agent only if the options enable it, and a client address only behind trusted proxies.
    ///
    /// ```
    /// use gusset_http::RequestOptions;
    /// use gusset_trace::TraceObserver;
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), gusset_trace::ConfigError> {
    /// let options = Arc::new(RequestOptions::default().with_https(true));
    /// let trace = TraceObserver::server().request_options(options).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
        self.has_methods = true;
        self
    }

    /// Sets the methods that are recorded as they are; others are `_OTHER`.
    ///
    /// Defaults to those of the [`request_options`](Self::request_options), or else to
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, or else to the semantic conventions' list.
    pub fn known_methods(mut self, methods: KnownMethods) -> Self {
        self.has_methods = true;
        self.change(|options| options.with_known_methods(methods))
    }

    /// Records the query, with the values of secret keys redacted. Off by default.
    ///
    /// Secret keys are those of signatures and credentials of the large cloud providers, and those that
    /// [`redact`](Self::redact) adds.
    pub fn query(mut self) -> Self {
        self.query = true;
        self
    }

    /// Adds a secret key of a query. Case is ignored.
    pub fn redact(mut self, key: impl Into<String>) -> Self {
        self.secret_keys.push(key.into());
        self
    }

    /// Sets whether spans and exception events of failed calls have `exception.message`: the text of the error
    /// and of its causes, redacted and bounded. Defaults to `true` for clients and `false` for servers.
    ///
    /// On a span, it is the description of the status too.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_trace::ConfigError> {
    /// let trace = gusset_trace::TraceObserver::server().exception_messages(true).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn exception_messages(self, enabled: bool) -> Self {
        self.change(|options| options.with_exception_messages(enabled))
    }

    /// Records the `User-Agent` header. Off by default.
    pub fn user_agent(self) -> Self {
        self.change(|options| options.with_user_agent(true))
    }

    /// Sets the scheme of requests without a scheme to `https`. Defaults to `http`.
    ///
    /// Use it if a listener or a proxy terminates TLS.
    pub fn https(self) -> Self {
        self.change(|options| options.with_https(true))
    }

    /// Records `client.address`, read from `Forwarded` or `X-Forwarded-For`.
    ///
    /// These headers can be forged, so they are ignored unless trusted proxies are configured.
    pub fn trusted_proxies(self, proxies: TrustedProxies) -> Self {
        self.change(|options| options.with_trusted_proxies(proxies))
    }

    /// Sets what a server does with the trace context of requests that no trusted proxy sent. Defaults to
    /// [`TraceTrust::Continue`].
    pub fn trust(mut self, trust: TraceTrust) -> Self {
        self.trust = trust;
        self
    }

    /// Continues the trace of requests with several `traceparent` headers, if all of them have one trace
    /// id. The last one is the parent. By default such requests start new traces.
    ///
    /// An eBPF agent beside the client or the server adds a header of its own, for example. Either way
    /// the requests are counted by [`TraceObserver::repeated_traceparents`], and the first one is logged.
    ///
    /// ```
    /// use gusset_trace::TraceObserver;
    ///
    /// # fn main() -> Result<(), gusset_trace::ConfigError> {
    /// let trace = TraceObserver::server().accept_repeated_traceparent().build()?;
    /// assert_eq!(trace.repeated_traceparents(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn accept_repeated_traceparent(mut self) -> Self {
        self.repeated_traceparent.is_accepted = true;
        self
    }

    /// Sets the sampler. Defaults to `OTEL_TRACES_SAMPLER`, or else `parentbased_always_on`.
    pub fn sampler(mut self, sampler: impl Sampler) -> Self {
        self.sampler = Some(Arc::new(sampler));
        self
    }

    /// Sets the sink of the spans. Defaults to the `SpanLayer` of the thread's subscriber, if any.
    pub fn sink(mut self, sink: impl SpanSink) -> Self {
        let (sink, panics) = contained_sink::contain(sink);
        self.sink = Some(sink);
        self.sink_panics = Some(panics);
        self
    }

    /// Sets the limits of a span. Defaults to [`SpanLimits::from_env`].
    pub fn limits(mut self, limits: SpanLimits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Sets what is redacted in custom attributes and in texts of the request: path, query, URL, user
    /// agent, recorded headers. Defaults to [`Redaction::default`].
    ///
    /// Attributes whose keys name a secret, such as `password` or `db.api_key`, are recorded as
    /// `REDACTED`. So are credentials in texts.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = Arc::new(redaction);
        self
    }

    /// Records the address of the other end of the connection, where a
    /// [`PeerAddr`](gusset_http::PeerAddr) is known. Off by default.
    pub fn peer_address(mut self) -> Self {
        self.peer_address = true;
        self
    }

    /// Records a request header on exported spans, as `http.request.header.<name>`.
    ///
    /// At most 16 values of 256 bytes are recorded, and none that are marked as sensitive. They are
    /// redacted: a header with the name of a secret, such as `X-Api-Key`, is recorded as `REDACTED`.
    /// [`build`](Self::build) rejects headers that contain only secrets.
    ///
    /// ```
    /// use gusset_trace::TraceObserver;
    /// use http::header;
    ///
    /// assert!(TraceObserver::server().request_header(header::ACCEPT_LANGUAGE).build().is_ok());
    /// let error = TraceObserver::server().request_header(header::COOKIE).build().expect_err("a secret");
    /// assert_eq!(error.setting(), "request_header");
    /// ```
    pub fn request_header(mut self, name: HeaderName) -> Self {
        self.request_headers
            .add(names::HTTP_REQUEST_HEADER_PREFIX, name);
        self
    }

    /// Records a response header on exported spans, as `http.response.header.<name>`.
    ///
    /// The limits are those of [`request_header`](Self::request_header).
    pub fn response_header(mut self, name: HeaderName) -> Self {
        self.response_headers
            .add(names::HTTP_RESPONSE_HEADER_PREFIX, name);
        self
    }

    /// Records a request header like [`request_header`](Self::request_header), also if it contains a
    /// secret: `Authorization`, `Cookie`, `Proxy-Authorization` or `Set-Cookie`. It is not redacted.
    pub fn secret_request_header(mut self, name: HeaderName) -> Self {
        self.secret_request_headers
            .add(names::HTTP_REQUEST_HEADER_PREFIX, name);
        self
    }

    /// Records a response header like [`response_header`](Self::response_header), also if it contains a
    /// secret: `Authorization`, `Cookie`, `Proxy-Authorization` or `Set-Cookie`.
    pub fn secret_response_header(mut self, name: HeaderName) -> Self {
        self.secret_response_headers
            .add(names::HTTP_RESPONSE_HEADER_PREFIX, name);
        self
    }

    /// Builds the observer, with the variables of the process for what is unset.
    ///
    /// # Errors
    /// If a header contains only secrets, an environment variable is invalid, or
    /// [`TraceTrust::OwnSampling`] is combined with [`live`](Self::live). The error names the setting.
    pub fn build(self) -> Result<TraceObserver, ConfigError> {
        self.build_in(Env::process())
    }

    /// Builds the observer with the variables that `env` returns.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<TraceObserver, ConfigError> {
        self.build_in(Env::from_fn(&env))
    }

    /// Builds the observer with the variables of `env`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_in(self, env: Env<'_>) -> Result<TraceObserver, ConfigError> {
        let Self {
            kind,
            propagators,
            mut options,
            has_methods,
            query,
            secret_keys,
            sampler,
            sink,
            sink_panics,
            live,
            limits,
            redaction,
            trust,
            baggage_fields,
            repeated_traceparent,
            peer_address,
            mut request_headers,
            mut response_headers,
            secret_request_headers,
            secret_response_headers,
            context_bridge,
        } = self;
        baggage_fields::check_names(&baggage_fields)?;
        if live.is_some() && trust == TraceTrust::OwnSampling {
            let reason = "`OwnSampling` needs the sampler of gusset, and `live` has the one of its tracer; use \
                          `NewTrace` or `Continue`";
            return Err(ConfigError::new("trust", reason));
        }
        let (live, sink_panics) = match live {
            Some((live, panics)) => (Some(live), Some(panics)),
            None => (None, sink_panics),
        };
        request_headers.reject_secrets("request_header")?;
        response_headers.reject_secrets("response_header")?;
        request_headers.append_secret(secret_request_headers);
        response_headers.append_secret(secret_response_headers);
        warn_of_old_names(env);
        let propagators = match propagators {
            Some(propagators) => propagators,
            None => Propagators::from_env(env)?,
        };
        if !has_methods {
            let methods = KnownMethods::from_env(env)?;
            options = changed(options, |options| options.with_known_methods(methods));
        }
        if query || options.query().is_some() && !secret_keys.is_empty() {
            let mut redaction = options.query().cloned().unwrap_or_default();
            for key in secret_keys {
                redaction.add(key);
            }
            options = changed(options, |options| options.with_query(redaction));
        }
        Ok(TraceObserver {
            config: Arc::new(TraceConfig {
                kind,
                propagators,
                options,
                sampler: sampler.unwrap_or_else(|| sampler::from_env(env)),
                sink,
                live,
                sink_panics,
                limits: limits.unwrap_or_else(|| SpanLimits::from_env(env)),
                redaction,
                sampler_panics: SamplerPanics::default(),
                exceptions: ExceptionSignals::from_env(env),
                trust,
                baggage_fields: baggage_fields.into(),
                repeated_traceparent,
                peer_address,
                request_headers,
                response_headers,
                unread_trace: UnreadTraceCheck::default(),
                context_bridge,
            }),
        })
    }

    fn change(mut self, change: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        self.options = changed(self.options, change);
        self
    }
}

impl fmt::Debug for TraceObserverBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceObserverBuilder")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Changes options, or a copy of them if they are shared.
fn changed(
    options: Arc<RequestOptions>,
    change: impl FnOnce(RequestOptions) -> RequestOptions,
) -> Arc<RequestOptions> {
    Arc::new(change(Arc::unwrap_or_clone(options)))
}
