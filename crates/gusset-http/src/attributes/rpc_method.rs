//! `rpc.method`.

use gusset_core::CallContext;

use super::rpc_methods::MAX_METHOD_BYTES;
use super::{RequestAttributes, RequestOptions, RpcMethodId, Side};
use crate::{GrpcCode, KnownMethods};

/// The method of one gRPC call, which an observer keeps from the start of the call to its end.
///
/// Every signal names the method by one rule:
///
/// - A client chooses the method itself, so it is always known.
/// - A server's method is chosen by an untrusted client. It is `_OTHER` until a call proves that
///   the service implements it: by a status other than `UNIMPLEMENTED`, or, where the client did not
///   wait for the status, by a message after successful response headers. What was proven before a
///   call began is known during the call.
///
/// Allocates only for a method that is not remembered.
///
/// ```
/// use gusset_core::{CallContext, CallObserver, End, Observer};
/// use gusset_http::{Grpc, RequestAttributes, RequestHead, RequestOptions, ResponseHead, RpcMethod, Side};
/// use std::sync::Arc;
///
/// struct Print {
///     options: Arc<RequestOptions>,
/// }
/// struct PrintCall {
///     options: Arc<RequestOptions>,
///     method: RpcMethod,
///     headers_ok: bool,
/// }
///
/// impl Observer<Grpc> for Print {
///     type Call = PrintCall;
///     fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> PrintCall {
///         let attributes = RequestAttributes::new(req, Side::Server, &self.options);
///         PrintCall {
///             options: self.options.clone(),
///             method: RpcMethod::start(attributes),
///             headers_ok: false,
///         }
///     }
/// }
///
/// impl CallObserver<Grpc> for PrintCall {
///     fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
///         self.headers_ok = res.status.is_success();
///     }
///     fn on_end(self, _: End<'_, Grpc>, cx: &CallContext) {
///         let method = self.method.resolve(&self.options, cx, self.headers_ok);
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
}

/// The method of a gRPC call as it is reported: `package.Service/Method`, or `_OTHER`.
#[derive(Clone, Copy, Debug)]
pub struct RpcMethodName<'a> {
    original: &'a str,
    is_known: bool,
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
            None => State::Unproven(name.original.into()),
        })
    }

    /// Returns the method as it was known when the call began.
    pub fn name<'a>(&'a self, options: &'a RequestOptions) -> RpcMethodName<'a> {
        match &self.0 {
            State::Remembered(id) => RpcMethodName {
                original: options.rpc_method_name(*id).unwrap_or_default(),
                is_known: true,
                id: Some(*id),
            },
            State::Known(original) => RpcMethodName {
                original,
                is_known: true,
                id: None,
            },
            State::Unproven(original) => RpcMethodName {
                original,
                is_known: false,
                id: None,
            },
        }
    }

    /// Returns the method at the end of the call, and remembers it if this call proved it.
    ///
    /// `headers_ok` is whether the response's HTTP status was a success. Every observer of the call
    /// gets the same answer.
    pub fn resolve<'a>(
        &'a self,
        options: &'a RequestOptions,
        cx: &CallContext,
        headers_ok: bool,
    ) -> RpcMethodName<'a> {
        match &self.0 {
            State::Unproven(original) if is_proven(cx, headers_ok) => RpcMethodName {
                original,
                is_known: true,
                id: options.rpc_methods().insert(Side::Server, original),
            },
            _ => self.name(options),
        }
    }
}

/// Returns whether the end of a call proves that the service implements the method.
fn is_proven(cx: &CallContext, headers_ok: bool) -> bool {
    match cx.status().and_then(GrpcCode::from_name) {
        Some(code) => code != GrpcCode::UNIMPLEMENTED,
        // The client of a stream may leave before the status, and every client of it may.
        None => headers_ok && cx.bytes() > 0,
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
        let look_up = || match side {
            Side::Server => methods.get(side, original),
            Side::Client => methods.insert(side, original),
        };
        let id = match head.cache {
            Some(cache) => cache.rpc_method(methods.identity(), side, look_up),
            None => look_up(),
        };
        Self {
            original,
            is_known: id.is_some() || side == Side::Client,
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
        (!self.is_known).then_some(self.original)
    }

    /// Returns the number of a method that is remembered.
    ///
    /// A known method has none if the memory is full, or if the method is 256 bytes or longer.
    #[inline]
    pub fn id(self) -> Option<RpcMethodId> {
        self.id
    }
}
