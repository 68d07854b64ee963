//! Options that concern every signal.

use std::sync::Arc;

use gusset_core::field::Field;
use gusset_core::{ConfigError, Env};

use super::Side;
use super::identity::Identity;
use super::registered_fields::RegisteredFields;
use super::route_fn::RouteFn;
use super::rpc_methods::{RpcMethodId, RpcMethods};
use crate::{KnownMethods, QueryRedaction, RequestHead, Route, TrustedProxies, UrlTemplate};

/// The options by which every signal reads a request, set once for all of them.
///
/// Observers share them in an `Arc`. Clones share one memory of gRPC methods
/// ([`RpcMethod`](crate::RpcMethod)).
///
/// ```
/// use gusset_http::{KnownMethods, QueryRedaction, RequestOptions, TrustedProxies};
/// use std::sync::Arc;
///
/// let options = RequestOptions::default()
///     .with_known_methods(KnownMethods::new(["GET", "POST"])?)
///     .with_trusted_proxies(TrustedProxies::cidrs(["10.0.0.0/8"])?)
///     .with_query(QueryRedaction::default())
///     .with_https(true);
/// let options = Arc::new(options);
/// assert_eq!(options.method_count(), 3);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestOptions {
    known_methods: KnownMethods,
    https: bool,
    trusted_proxies: Option<TrustedProxies>,
    query: Option<QueryRedaction>,
    user_agent: Option<bool>,
    exception_messages: Option<bool>,
    hides_paths: bool,
    rpc_methods: Arc<RpcMethods>,
    rpc_services: Vec<Box<str>>,
    fields: RegisteredFields,
    route: Option<RouteFn>,
    identity: Identity,
}

/// The number of gRPC methods that are remembered, for each side.
const DEFAULT_RPC_METHOD_LIMIT: usize = 2000;

// === impl RequestOptions ===

impl RequestOptions {
    /// Returns the defaults, with the methods of `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`.
    ///
    /// # Errors
    /// If the variable is not a list of methods.
    pub fn from_env(env: Env<'_>) -> Result<Self, ConfigError> {
        let methods = KnownMethods::from_env(env)?;
        Ok(Self::default().with_known_methods(methods))
    }

    /// Sets the methods that are reported; others are `_OTHER`. Defaults to the standard ones.
    #[must_use]
    pub fn with_known_methods(mut self, methods: KnownMethods) -> Self {
        self.known_methods = methods;
        self
    }

    /// Sets whether a server's requests that do not name their scheme came by `https`: HTTP/1 on a
    /// listener with TLS, or behind a proxy that terminates it. Defaults to `false`.
    #[must_use]
    pub fn with_https(mut self, https: bool) -> Self {
        self.https = https;
        self
    }

    /// Sets the proxies in front of a server that `client.address` is read from. Defaults to none:
    /// clients can forge `Forwarded` and `X-Forwarded-For`.
    #[must_use]
    pub fn with_trusted_proxies(mut self, proxies: impl Into<Option<TrustedProxies>>) -> Self {
        self.trusted_proxies = proxies.into();
        self.identity = Identity::next();
        self
    }

    /// Reports queries, with the values of secret keys redacted. Defaults to none: queries are left
    /// out.
    #[must_use]
    pub fn with_query(mut self, redaction: impl Into<Option<QueryRedaction>>) -> Self {
        self.query = redaction.into();
        self
    }

    /// Sets whether the `User-Agent` header is reported. Defaults to `None`: on servers and not on
    /// clients.
    #[must_use]
    pub fn with_user_agent(mut self, report: impl Into<Option<bool>>) -> Self {
        self.user_agent = report.into();
        self
    }

    /// Sets whether log entries and spans of failed calls have `exception.message`: the text of the error and
    /// of its causes, redacted and bounded. Defaults to `None`: on clients and not on servers.
    ///
    /// An error that reaches a server's layer is one of its own code, and may contain the data of a user.
    /// `error.type` is reported in any case.
    #[must_use]
    pub fn with_exception_messages(mut self, report: impl Into<Option<bool>>) -> Self {
        self.exception_messages = report.into();
        self
    }

    /// Hides the paths of requests, which may contain secrets or personal data: only the route is reported.
    /// The methods of gRPC calls that are not known are hidden too. By default, log entries and spans have
    /// the path as sent.
    #[must_use]
    pub fn with_hidden_paths(mut self, are_hidden: bool) -> Self {
        self.hides_paths = are_hidden;
        self
    }

    /// Sets how many gRPC methods are remembered for each side, from 1 to 8192, and begins with an
    /// empty memory. Defaults to 2000.
    #[must_use]
    pub fn with_rpc_method_limit(mut self, limit: usize) -> Self {
        self.rpc_methods = Arc::new(RpcMethods::new(limit));
        self.register_methods();
        self
    }

    /// Registers gRPC services of a server by their full names, `package.Service` (`NAME` of tonic's
    /// `NamedService`), or single methods, `package.Service/Method`. Defaults to none.
    ///
    /// Without it, a method is named once a call of it has succeeded. A method of a registered service
    /// is also named if all of its calls fail with codes that no layer in front of the methods uses,
    /// for example with `NOT_FOUND` ([`RpcMethod`](crate::RpcMethod)). A registered method is always
    /// named.
    ///
    /// ```
    /// use gusset_http::RequestOptions;
    ///
    /// let names = ["shop.v1.Stock", "shop.v1.Cart/Add"];
    /// let options = RequestOptions::default().with_rpc_services(names);
    /// ```
    #[must_use]
    pub fn with_rpc_services<I>(mut self, services: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        self.rpc_services = services.into_iter().map(Into::into).collect();
        self.register_methods();
        self
    }

    /// Registers an [own field](gusset_core::field) of calls with all of its values, so that
    /// [`low`](gusset_core::field::low) puts it on metrics too. Another value is `_OTHER` in all signals.
    /// Defaults to none.
    ///
    /// Metrics have at most five own fields and custom labels together, with at most 253 values each.
    ///
    /// ```
    /// use gusset_core::field::{Field, FieldKind};
    /// use gusset_http::RequestOptions;
    ///
    /// let options = RequestOptions::default().with_field("tenant", ["blue", "green"]);
    /// let tenant = |value| Field::new(FieldKind::Low, "tenant", value);
    /// assert_eq!(options.field_value(&tenant("blue")), "blue");
    /// assert_eq!(options.field_value(&tenant("red")), "_OTHER");
    /// ```
    #[must_use]
    pub fn with_field<I>(mut self, name: impl Into<Box<str>>, values: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        let values = values.into_iter().map(Into::into).collect();
        self.fields.add(name.into(), values);
        self
    }

    /// Sets a function that returns the route of a request, for all signals. Where it returns `None`, the route is
    /// that of axum's router, a [`Route`] or a [`UrlTemplate`]. Defaults to no function.
    ///
    /// The route must be a template such as `/items/{id}`, and never the path. Metrics have an overflow series for
    /// more routes than their limit and for too long ones; log entries and spans truncate it to 256 bytes. A `Route`
    /// in the extensions of the response has precedence.
    ///
    /// Each signal calls the function, some more than once, so it should be fast and must depend on the request
    /// alone. If it panics, the result is `None` ([`route_panics`](crate::route_panics)). The access log copies the
    /// route.
    ///
    /// ```
    /// use gusset_http::{RequestAttributes, RequestHead, RequestOptions, Side};
    ///
    /// let is_file = |path: &str| path.starts_with("/files/");
    /// let options = RequestOptions::default()
    ///     .with_route(move |req| is_file(req.uri.path()).then_some("/files/{*path}"));
    /// let request = http::Request::get("/files/a.txt").body(()).unwrap();
    /// let attributes = RequestAttributes::new(RequestHead::from(&request), Side::Server, &options);
    /// assert_eq!(attributes.route(), Some("/files/{*path}"));
    /// ```
    #[must_use]
    pub fn with_route<F>(mut self, route: F) -> Self
    where
        F: for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.route = Some(RouteFn::new(route));
        self
    }

    /// Returns the route of a request as it is, not truncated: that of the function ([`with_route`](Self::with_route)),
    /// or else the [`Route`] of a server's request or the [`UrlTemplate`] of a client's.
    #[inline]
    pub fn route<'a>(&self, req: RequestHead<'a>, side: Side) -> Option<&'a str> {
        match (self.own_route(req), side) {
            (Some(own), _) => Some(own),
            (None, Side::Server) => Route::from_request(req),
            (None, Side::Client) => UrlTemplate::from_request(req).map(UrlTemplate::as_str),
        }
    }

    /// Returns the route by the function.
    #[inline]
    pub(super) fn own_route<'a>(&self, req: RequestHead<'a>) -> Option<&'a str> {
        self.route.as_ref()?.route(req)
    }

    /// Returns the registered own fields, each with its values.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[Box<str>])> {
        self.fields.iter()
    }

    /// Returns whether an own field is registered.
    pub fn has_field(&self, name: &str) -> bool {
        self.fields.contains(name)
    }

    /// Returns the value of an own field as signals have it: `_OTHER` for a
    /// [`low`](gusset_core::field::FieldKind::Low) one that is not among the registered values of its name.
    pub fn field_value<'a>(&self, field: &'a Field) -> &'a str {
        self.fields.value(field)
    }

    /// Returns the methods that are reported.
    #[inline]
    pub fn known_methods(&self) -> &KnownMethods {
        &self.known_methods
    }

    /// Returns the name of the known method at `index`, or `_OTHER`
    /// ([`RequestAttributes::method_index`](crate::RequestAttributes::method_index)).
    #[inline]
    pub fn method_name(&self, index: usize) -> &str {
        self.known_methods.name(index)
    }

    /// Returns the number of values that `http.request.method` can take, `_OTHER` included.
    pub fn method_count(&self) -> usize {
        self.known_methods.count()
    }

    /// Returns whether a server's requests that do not name their scheme came by `https`.
    #[inline]
    pub fn https(&self) -> bool {
        self.https
    }

    /// Returns the trusted proxies.
    #[inline]
    pub fn trusted_proxies(&self) -> Option<&TrustedProxies> {
        self.trusted_proxies.as_ref()
    }

    /// Returns the redaction of queries, or `None` if queries are left out.
    #[inline]
    pub fn query(&self) -> Option<&QueryRedaction> {
        self.query.as_ref()
    }

    /// Returns whether the `User-Agent` header is reported, if that is set.
    #[inline]
    pub fn user_agent(&self) -> Option<bool> {
        self.user_agent
    }

    /// Returns whether log entries and spans of failed calls of this side have `exception.message`.
    pub fn reports_exception_messages(&self, side: Side) -> bool {
        self.exception_messages.unwrap_or(side == Side::Client)
    }

    /// Returns whether the paths of requests are hidden.
    #[inline]
    pub fn hides_paths(&self) -> bool {
        self.hides_paths
    }

    /// Returns the gRPC method of that id.
    pub fn rpc_method_name(&self, id: RpcMethodId) -> Option<&str> {
        self.rpc_methods.name(id)
    }

    fn register_methods(&self) {
        for method in self.rpc_services.iter().filter(|name| name.contains('/')) {
            self.rpc_methods.insert(Side::Server, method);
        }
    }

    /// Returns whether a method, `package.Service/Method`, is one of a registered service.
    pub(super) fn is_rpc_service_of(&self, method: &str) -> bool {
        let service = method.rsplit_once('/').map(|(service, _)| service);
        service.is_some_and(|service| self.rpc_services.iter().any(|known| **known == *service))
    }

    pub(super) fn rpc_methods(&self) -> &RpcMethods {
        &self.rpc_methods
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity
    }
}

impl Default for RequestOptions {
    fn default() -> Self {
        Self {
            known_methods: KnownMethods::default(),
            https: false,
            trusted_proxies: None,
            query: None,
            user_agent: None,
            exception_messages: None,
            hides_paths: false,
            rpc_methods: Arc::new(RpcMethods::new(DEFAULT_RPC_METHOD_LIMIT)),
            rpc_services: Vec::new(),
            fields: RegisteredFields::default(),
            route: None,
            identity: Identity::next(),
        }
    }
}
