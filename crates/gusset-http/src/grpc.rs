//! gRPC: HTTP whose status is in its headers or in its trailers.

use gusset_core::{Classification, End, Outcome, Protocol, ResponseKind, StaticStr};
use http::HeaderMap;

use crate::protocol::parse_number;
use crate::{Http, RequestHead, ResponseHead};

/// The gRPC protocol with the classifier of a server.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::Grpc;
///
/// let layer = ObserveLayer::<Grpc, _>::new(());
/// ```
pub type Grpc = Http<GrpcServerClassifier>;

/// Classifies the calls of a gRPC server (semantic conventions 1.44, gRPC).
///
/// UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS are server errors.
/// The other codes are client errors and do not set `error.type`.
///
/// Reads the status from the trailers, or from the headers of a response without a body. Without a
/// status the HTTP status is mapped to one.
#[derive(Clone, Copy, Debug)]
pub struct GrpcServerClassifier(CallState);

/// Classifies the calls of a gRPC client.
///
/// As [`GrpcServerClassifier`], but sets `error.type` for every code other than OK (semantic
/// conventions 1.44, gRPC).
#[derive(Clone, Copy, Debug)]
pub struct GrpcClientClassifier(CallState);

/// Per-call state, collected from the request and the response headers.
#[derive(Clone, Copy, Debug)]
struct CallState {
    http: crate::classify::CallState,
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
/// assert_eq!(code.name().as_str(), "UNAVAILABLE");
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
    /// OK: the call succeeded.
    pub const OK: Self = Self(0);
    /// UNKNOWN, which also stands for an invalid code and for a missing status.
    pub const UNKNOWN: Self = Self(2);
    const DEADLINE_EXCEEDED: Self = Self(4);
    const PERMISSION_DENIED: Self = Self(7);
    /// UNIMPLEMENTED: the server does not implement the method.
    pub const UNIMPLEMENTED: Self = Self(12);
    const INTERNAL: Self = Self(13);
    const UNAVAILABLE: Self = Self(14);
    const DATA_LOSS: Self = Self(15);
    const UNAUTHENTICATED: Self = Self(16);

    /// Returns the status in headers or trailers. It is UNKNOWN if it is not one of the 17 codes.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get("grpc-status")?;
        Some(match parse_number(value) {
            Some(code) if usize::from(code) < NAMES.len() => Self(code),
            _ => Self::UNKNOWN,
        })
    }

    /// Returns the code of a response that has only an HTTP status (gRPC, "HTTP to gRPC Status Code
    /// Mapping").
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

    /// Returns the code of a number, or UNKNOWN if it has none.
    pub fn from_number(number: u16) -> Self {
        match u8::try_from(number) {
            Ok(code) if usize::from(code) < NAMES.len() => Self(code),
            _ => Self::UNKNOWN,
        }
    }

    /// Returns the code of a [`name`](Self::name).
    pub fn from_name(name: StaticStr) -> Option<Self> {
        let at = NAMES.iter().position(|known| *known == name.as_str())?;
        u8::try_from(at).ok().map(Self)
    }

    /// Returns the number on the wire.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Returns the name: `UNAVAILABLE`.
    pub fn name(self) -> StaticStr {
        StaticStr::new(&NAMES[usize::from(self.0)])
    }

    /// Returns whether the code is an error of the server.
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

// === impl CallState ===

impl CallState {
    fn start(req: RequestHead<'_>) -> Self {
        Self {
            http: crate::classify::CallState::start(req),
            code: None,
        }
    }

    fn on_response(&mut self, res: ResponseHead<'_>) -> ResponseKind {
        self.code = GrpcCode::from_headers(res.headers);
        self.http.on_response(res)
    }

    /// Returns the code of a complete response.
    fn code(&self, trailers: Option<&HeaderMap>) -> GrpcCode {
        let status = || self.http.status().map_or(0, |status| status.as_u16());
        trailers
            .and_then(GrpcCode::from_headers)
            .or(self.code)
            .unwrap_or_else(|| GrpcCode::from_http(status()))
    }

    /// Returns whether the status is in the trailers and not in the headers.
    #[inline]
    fn needs_trailers(&self) -> bool {
        self.code.is_none()
    }

    /// Returns the classification. `client_error_is_error` is whether client errors set `error.type`.
    fn classify<P>(&self, end: &End<'_, P>, client_error_is_error: bool) -> Classification
    where
        P: Protocol<Trailers = HeaderMap>,
    {
        if let Some(classification) = Classification::of_end(end) {
            return classification.with_status(self.code.map(GrpcCode::name));
        }
        let code = match end {
            End::Complete(trailers) => self.code(*trailers),
            _ => self.code(None),
        };
        let classification = if self.http.is_rejected() {
            Classification::new(Outcome::Rejected).with_error(code.name())
        } else if code == GrpcCode::OK {
            Classification::new(Outcome::Success)
        } else if code.is_server_error() {
            Classification::new(Outcome::ServerError).with_error(code.name())
        } else if client_error_is_error {
            Classification::new(Outcome::ClientError).with_error(code.name())
        } else {
            Classification::new(Outcome::ClientError)
        };
        classification.with_status(Some(code.name()))
    }
}

crate::classify::impl_classify!(GrpcServerClassifier, client_error_is_error: false);
crate::classify::impl_classify!(GrpcClientClassifier, client_error_is_error: true);
