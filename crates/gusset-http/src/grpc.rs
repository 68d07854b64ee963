//! gRPC as a protocol of gusset: HTTP whose status is in its headers or in its trailers.

use gusset_core::{Classification, End, Outcome, Protocol, ResponseKind, StaticStr};
use http::HeaderMap;

use crate::protocol::number;
use crate::{Http, RequestHead, ResponseHead};

/// gRPC, by the server's rules.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::Grpc;
///
/// let layer = ObserveLayer::<Grpc, _>::new(());
/// ```
pub type Grpc = Http<GrpcServerClassifier>;

/// The rules of a gRPC server (semantic conventions 1.44, gRPC): the codes that are the service's
/// fault are UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS; the
/// others are the caller's and no error.
///
/// The status is read from the headers of a trailers-only response, else from the trailers. A
/// response without any is UNKNOWN, or what its HTTP status stands for.
#[derive(Clone, Copy, Debug)]
pub struct GrpcServerClassifier(Facts);

/// The rules of a gRPC client: as the server's, but every code other than OK is an error of the call
/// (semantic conventions 1.44, gRPC). Whose fault it is stays the same.
#[derive(Clone, Copy, Debug)]
pub struct GrpcClientClassifier(Facts);

/// What is kept of the heads.
#[derive(Clone, Copy, Debug)]
struct Facts {
    http: crate::classify::Facts,
    code: Option<GrpcCode>,
}

/// A status code of gRPC.
///
/// ```
/// use gusset_http::GrpcCode;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut trailers = HeaderMap::new();
/// trailers.insert("grpc-status", HeaderValue::from_static("14"));
/// let code = GrpcCode::from_headers(&trailers).expect("a status");
/// assert_eq!(code.token().as_str(), "UNAVAILABLE");
/// assert!(code.is_server_error());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GrpcCode(u8);

static NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

// === impl GrpcCode ===

impl GrpcCode {
    /// The call succeeded.
    pub const OK: Self = Self(0);
    /// No better code; also what an unknown code or a missing status stands for.
    pub const UNKNOWN: Self = Self(2);
    const DEADLINE_EXCEEDED: Self = Self(4);
    const PERMISSION_DENIED: Self = Self(7);
    /// The server does not know the method.
    pub const UNIMPLEMENTED: Self = Self(12);
    const INTERNAL: Self = Self(13);
    const UNAVAILABLE: Self = Self(14);
    const DATA_LOSS: Self = Self(15);
    const UNAUTHENTICATED: Self = Self(16);

    /// The status in `headers`, or in trailers; UNKNOWN if it is not one of the seventeen codes.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get("grpc-status")?;
        Some(match number(value) {
            Some(code) if usize::from(code) < NAMES.len() => Self(code),
            _ => Self::UNKNOWN,
        })
    }

    /// The code that an HTTP status without a gRPC status stands for (gRPC, "HTTP to gRPC Status
    /// Code Mapping").
    fn from_http(status: u16) -> Self {
        match status {
            400 => Self::INTERNAL,
            401 => Self::UNAUTHENTICATED,
            403 => Self::PERMISSION_DENIED,
            404 => Self::UNIMPLEMENTED,
            429 | 502..=504 => Self::UNAVAILABLE,
            _ => Self::UNKNOWN,
        }
    }

    /// The code of that number; UNKNOWN if there is none.
    pub fn from_number(number: u16) -> Self {
        match u8::try_from(number) {
            Ok(code) if usize::from(code) < NAMES.len() => Self(code),
            _ => Self::UNKNOWN,
        }
    }

    /// The code that a [`token`](Self::token) stands for.
    pub fn from_token(token: StaticStr) -> Option<Self> {
        let at = NAMES.iter().position(|name| *name == token.as_str())?;
        u8::try_from(at).ok().map(Self)
    }

    /// The number on the wire.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The code as a token: `UNAVAILABLE`.
    pub fn token(self) -> StaticStr {
        StaticStr::new(&NAMES[usize::from(self.0)])
    }

    /// Whether a server that answers so is at fault.
    pub fn is_server_error(self) -> bool {
        matches!(
            self,
            Self::UNKNOWN
                | Self::DEADLINE_EXCEEDED
                | Self::UNIMPLEMENTED
                | Self::INTERNAL
                | Self::UNAVAILABLE
                | Self::DATA_LOSS
        )
    }
}

// === impl Facts ===

impl Facts {
    fn start(req: RequestHead<'_>) -> Self {
        Self {
            http: crate::classify::Facts::start(req),
            code: None,
        }
    }

    fn on_response(&mut self, res: ResponseHead<'_>) -> ResponseKind {
        self.code = GrpcCode::from_headers(res.headers);
        self.http.on_response(res)
    }

    /// The code of a response that was delivered.
    fn code(&self, trailers: Option<&HeaderMap>) -> GrpcCode {
        let status = || self.http.status().map_or(0, |status| status.as_u16());
        trailers
            .and_then(GrpcCode::from_headers)
            .or(self.code)
            .unwrap_or_else(|| GrpcCode::from_http(status()))
    }

    /// The status is in the trailers, unless it was in the head.
    #[inline]
    fn needs_trailers(&self) -> bool {
        self.code.is_none()
    }

    /// The verdict; `client_error_is_error` if the caller's faults are errors of the call.
    fn judge<P>(&self, end: &End<'_, P>, client_error_is_error: bool) -> Classification
    where
        P: Protocol<Trailers = HeaderMap>,
    {
        if let Some(verdict) = Classification::of_end(end) {
            return verdict.with_status(self.code.map(GrpcCode::token));
        }
        let code = match end {
            End::Complete(trailers) => self.code(*trailers),
            _ => self.code(None),
        };
        let verdict = if self.http.refused() {
            Classification::new(Outcome::Rejected).with_error(code.token())
        } else if code == GrpcCode::OK {
            Classification::new(Outcome::Success)
        } else if code.is_server_error() {
            Classification::new(Outcome::ServerError).with_error(code.token())
        } else if client_error_is_error {
            Classification::new(Outcome::ClientError).with_error(code.token())
        } else {
            Classification::new(Outcome::ClientError)
        };
        verdict.with_status(Some(code.token()))
    }
}

crate::classify::rules!(GrpcServerClassifier, false);
crate::classify::rules!(GrpcClientClassifier, true);
