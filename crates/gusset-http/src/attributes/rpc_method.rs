//! `rpc.method`.

use gusset_core::CallContext;

use super::rpc_methods::MAX_METHOD_BYTES;
use super::{RequestAttributes, RequestOptions, RpcMethodId, Side};
use crate::grpc_content::is_grpc_request;
use crate::{GrpcCode, KnownMethods};

/// The method of one gRPC call, which an observer keeps from the start of the call to its end.
///
/// Every signal names the method by one rule:
///
/// - A client chooses the method itself, so it is always known.
/// - A server's method is chosen by an untrusted client. It is `_OTHER` until a call proves that the
///   service implements it: by the status OK, or by a message of the response. Any other status may be
///   the answer of a layer that knows no methods: of authentication, of a limit. What was proven
///   before a call began is known during the call.
/// - A method of a service that [`RequestOptions::with_rpc_services`] registers is also proven by a
///   status that such layers do not answer with.
/// - A request that is not gRPC, or that has no path, is always `_OTHER`.
///
/// Allocates only for a method that is not remembered.
///
/// ```
/// use gusset_core::{CallContext, CallObserver, End, Observer};
/// use gusset_http::{Grpc, RequestAttributes, RequestHead, RequestOptions, ResponseHead, RpcMethod, Side};
/// use gusset_http::has_grpc_messages;
/// use std::sync::Arc;
///
/// struct Print {
///     options: Arc<RequestOptions>,
/// }
/// struct PrintCall {
///     options: Arc<RequestOptions>,
///     method: RpcMethod,
///     has_messages: bool,
/// }
///
/// impl Observer<Grpc> for Print {
///     type Call = PrintCall;
///     fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> PrintCall {
///         let attributes = RequestAttributes::new(req, Side::Server, &self.options);
///         PrintCall {
///             options: self.options.clone(),
///             method: RpcMethod::start(attributes),
///             has_messages: false,
///         }
///     }
/// }
///
/// impl CallObserver<Grpc> for PrintCall {
///     fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
///         self.has_messages = has_grpc_messages(res);
///     }
///     fn on_end(self, _: End<'_, Grpc>, cx: &CallContext) {
///         let method = self.method.resolve(&self.options, cx, self.has_messages);
///         println!("{} {:?}", method.as_str(), cx.status());
///     }
/// }
/// ```
#[derive(Debug)]
pub struct RpcMethod(State);

#[derive(Debug)]
enum State {
    Remembered(RpcMethodId),
    /// A client's method that the memory has no room for.
    Known(Box<str>),
    /// A server's method that no call has proven yet.
    Unproven(Box<str>),
    /// The path of a server's request that is not gRPC, or nothing.
    Foreign(Box<str>),
}

/// The method of a gRPC call as it is reported: `package.Service/Method`, or `_OTHER`.
#[derive(Clone, Copy, Debug)]
pub struct RpcMethodName<'a> {
    original: &'a str,
    is_known: bool,
    is_foreign: bool,
    id: Option<RpcMethodId>,
}

// === impl RpcMethod ===

impl RpcMethod {
    /// The longest method that is reported, in bytes.
    pub const MAX_BYTES: usize = MAX_METHOD_BYTES;

    /// Returns the method of a call that begins.
    pub fn start(attributes: RequestAttributes<'_>) -> Self {
        let name = attributes.rpc_method();
        Self(match name.id {
            Some(id) => State::Remembered(id),
            None if name.is_known => State::Known(name.original.into()),
            None if name.is_foreign => State::Foreign(name.original.into()),
            None => State::Unproven(name.original.into()),
        })
    }

    /// Returns the method as it was known when the call began.
    pub fn name<'a>(&'a self, options: &'a RequestOptions) -> RpcMethodName<'a> {
        let (original, id) = match &self.0 {
            State::Remembered(id) => (options.rpc_method_name(*id).unwrap_or_default(), Some(*id)),
            State::Known(original) | State::Unproven(original) | State::Foreign(original) => {
                (&**original, None)
            }
        };
        RpcMethodName {
            original,
            is_known: matches!(self.0, State::Remembered(_) | State::Known(_)),
            is_foreign: matches!(self.0, State::Foreign(_)),
            id,
        }
    }

    /// Returns the method at the end of the call, and remembers it if this call proved it.
    ///
    /// `has_messages` is whether the response's body consists of messages
    /// ([`has_grpc_messages`](crate::has_grpc_messages)). Every observer of the call gets the same
    /// answer.
    pub fn resolve<'a>(
        &'a self,
        options: &'a RequestOptions,
        cx: &CallContext,
        has_messages: bool,
    ) -> RpcMethodName<'a> {
        match &self.0 {
            State::Unproven(original) if is_proven(original, options, cx, has_messages) => {
                RpcMethodName {
                    original,
                    is_known: true,
                    is_foreign: false,
                    id: options.rpc_methods().insert(Side::Server, original),
                }
            }
            _ => self.name(options),
        }
    }
}

/// Returns whether the end of a call proves that the service implements the method.
fn is_proven(method: &str, options: &RequestOptions, cx: &CallContext, has_messages: bool) -> bool {
    match cx.status().and_then(GrpcCode::from_name) {
        Some(GrpcCode::OK) => true,
        _ if has_messages && cx.bytes() > 0 => true,
        // Without response headers, the status is not one that the service has sent.
        Some(code) if cx.time_to_headers().is_some() => {
            !code.may_precede_routing() && options.is_rpc_service_of(method)
        }
        _ => false,
    }
}

// === impl RpcMethodName ===

impl<'a> RpcMethodName<'a> {
    #[inline]
    pub(super) fn at_start(attributes: RequestAttributes<'a>) -> Self {
        let RequestAttributes {
            head,
            side,
            options,
        } = attributes;
        let original = attributes.rpc_method_original();
        let methods = options.rpc_methods();
        // A request without a path has no method.
        let is_foreign = original.is_empty() || (side == Side::Server && !is_grpc_request(head));
        let look_up = || match side {
            _ if is_foreign => None,
            Side::Server => methods.get(side, original),
            Side::Client => methods.insert(side, original),
        };
        let id = match head.cache {
            Some(cache) => cache.rpc_method(methods.identity(), side, look_up),
            None => look_up(),
        };
        Self {
            original,
            is_known: id.is_some() || (side == Side::Client && !is_foreign),
            is_foreign,
            id,
        }
    }

    /// Returns `rpc.method`: the method, or `_OTHER` if it is not known.
    #[inline]
    pub fn as_str(self) -> &'a str {
        if self.is_known {
            self.original
        } else {
            KnownMethods::OTHER
        }
    }

    /// Returns whether the method is known.
    #[inline]
    pub fn is_known(self) -> bool {
        self.is_known
    }

    /// Returns `rpc.method_original`: what was sent, if the method is not known.
    #[inline]
    pub fn original(self) -> Option<&'a str> {
        Some(self.original).filter(|original| !self.is_known && !original.is_empty())
    }

    /// Returns the number of a method that is remembered.
    ///
    /// A known method has none if the memory is full, or if the method is 256 bytes or longer.
    #[inline]
    pub fn id(self) -> Option<RpcMethodId> {
        self.id
    }
}
