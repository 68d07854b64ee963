//! gRPC: HTTP whose status is in its headers or in its trailers.

use gusset_core::{Classification, End, ErrorStatuses, Outcome, Protocol, ResponseKind, StaticStr};
use http::{HeaderMap, StatusCode};

use crate::classify::{of_end, of_unread_body};
use crate::grpc_content::{ContentType, is_grpc_request};
use crate::protocol::parse_number;
use crate::{Http, HttpClassifier, RequestHead, ResponseHead, Side, status_code_str};

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
///
/// A request that is not gRPC (another method than `POST`, another `content-type` than
/// `application/grpc`) is an error of the client, unless it is answered with an HTTP status below 400,
/// with 408 of a timeout layer inside, or from 500 on. Its status is not mapped.
///
/// In gRPC-Web the status is in the body. If the layer that writes it there is inside of the observers,
/// they cannot see it: such a response has no status and is a success, also one that failed. Put
/// `GrpcWebLayer` outside.
#[derive(Clone, Copy, Debug)]
pub struct GrpcServerClassifier(CallState);

/// Classifies the calls of a gRPC client.
///
/// As [`GrpcServerClassifier`], but sets `error.type` for every code other than OK (semantic
/// conventions 1.44, gRPC).
///
/// A call that the caller gives up before its status has the status `CANCELLED`, as gRPC defines it. Its
/// outcome is cancelled and it has no `error.type`: the caller's decision is not an error.
///
/// If `GrpcWebClientLayer` is outside of the observers, they cannot see the status.
#[derive(Clone, Copy, Debug)]
pub struct GrpcClientClassifier(CallState);

/// Per-call state, collected from the request and the response headers.
#[derive(Clone, Copy, Debug)]
struct CallState {
    http: crate::classify::CallState,
    code: Option<GrpcCode>,
    is_grpc_request: bool,
    /// Whether the response is gRPC-Web: its status may be in the body.
    is_web: bool,
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
    const CANCELLED: Self = Self(1);
    /// UNKNOWN, which also stands for an invalid code and for a missing status.
    pub const UNKNOWN: Self = Self(2);
    const DEADLINE_EXCEEDED: Self = Self(4);
    const PERMISSION_DENIED: Self = Self(7);
    const RESOURCE_EXHAUSTED: Self = Self(8);
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

    /// Returns whether layers in front of the methods answer with this code: authentication, limits,
    /// time-outs, load shedding, and the fallback for methods that do not exist.
    pub(crate) fn may_precede_routing(self) -> bool {
        matches!(
            self,
            Self::CANCELLED
                | Self::UNKNOWN
                | Self::DEADLINE_EXCEEDED
                | Self::PERMISSION_DENIED
                | Self::RESOURCE_EXHAUSTED
                | Self::UNIMPLEMENTED
                | Self::INTERNAL
                | Self::UNAVAILABLE
                | Self::UNAUTHENTICATED
        )
    }
}

// === impl CallState ===

impl CallState {
    fn start(req: RequestHead<'_>) -> Self {
        Self {
            http: crate::classify::CallState::start(req),
            code: None,
            is_grpc_request: is_grpc_request(req),
            is_web: false,
        }
    }

    /// Returns the state as it is: the statuses are those of HTTP, and gRPC has codes.
    fn with_error_statuses(self, _: ErrorStatuses) -> Self {
        self
    }

    fn on_response(&mut self, res: ResponseHead<'_>) -> ResponseKind {
        self.code = GrpcCode::from_headers(res.headers);
        self.is_web =
            self.code.is_none() && ContentType::from_headers(res.headers) == ContentType::GrpcWeb;
        if self.is_web {
            crate::order::warn_of_grpc_web();
        }
        self.http.on_response(res)
    }

    /// Returns whether the status is in the trailers and not in the headers.
    #[inline]
    fn needs_trailers(&self) -> bool {
        self.code.is_none() && !self.is_web && self.has_success_status()
    }

    fn has_success_status(&self) -> bool {
        self.http.status().is_some_and(|status| status.is_success())
    }

    /// Returns the classification by the response alone, with the code that it has.
    fn classify_response(&self, code: Option<GrpcCode>, side: Side) -> Classification {
        let status = self.http.status().unwrap_or_default();
        let is_foreign = side == Side::Server && !self.is_grpc_request;
        if is_foreign && !self.http.is_rejected() {
            return classify_foreign(code, status);
        }
        if code.is_none() && self.is_web && self.has_success_status() && !self.http.is_rejected() {
            return Classification::new(Outcome::Success);
        }
        let code = code.unwrap_or_else(|| GrpcCode::from_http(status.as_u16()));
        let classification = if self.http.is_rejected() {
            Classification::new(Outcome::Rejected).with_error(code.name())
        } else if code == GrpcCode::OK {
            Classification::new(Outcome::Success)
        } else if code.is_server_error() {
            Classification::new(Outcome::ServerError).with_error(code.name())
        } else if side == Side::Client {
            Classification::new(Outcome::ClientError).with_error(code.name())
        } else {
            Classification::new(Outcome::ClientError)
        };
        classification.with_status(Some(code.name()))
    }

    fn classify<P>(&self, end: &End<'_, P>, side: Side) -> Classification
    where
        P: Protocol<Trailers = HeaderMap>,
    {
        // Good headers without a code leave the status open. In gRPC-Web it stays open to the end, and
        // the layer outside that has found it in the body drops the rest.
        let is_decided = self.code.is_some() || self.is_web || !self.has_success_status();
        let by_headers = || self.classify_response(self.code, side);
        let unread = is_decided.then(|| of_unread_body(end, side, by_headers));
        if let Some(classification) = unread.flatten() {
            return classification;
        }
        if let Some(classification) = of_end(end, side) {
            let given_up = classification.outcome == Outcome::Cancelled && side == Side::Client;
            let code = self.code.or(given_up.then_some(GrpcCode::CANCELLED));
            return classification.with_status(code.map(GrpcCode::name));
        }
        let trailers = match end {
            End::Complete(trailers) => trailers.and_then(GrpcCode::from_headers),
            _ => None,
        };
        self.classify_response(trailers.or(self.code), side)
    }
}

/// Returns the classification of a request to a gRPC server that is not gRPC: of a browser, a scanner
/// or a probe. The mapping to codes is for clients of gRPC, and would make `400` an error of the server.
fn classify_foreign(code: Option<GrpcCode>, status: StatusCode) -> Classification {
    let classification = match code {
        Some(GrpcCode::OK) => Classification::new(Outcome::Success),
        Some(_) => Classification::new(Outcome::ClientError),
        // A timeout layer inside of this one responds with 408.
        None if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            Classification::new(Outcome::ServerError).with_error(status_code_str(status))
        }
        None if status.is_client_error() => Classification::new(Outcome::ClientError),
        None => Classification::new(Outcome::Success),
    };
    classification.with_status(code.map(GrpcCode::name))
}

/// Returns whether a response of gRPC is gRPC-Web. Does not read the headers for other classifiers.
#[inline]
pub(crate) fn is_web_response<R: HttpClassifier>(headers: &HeaderMap) -> bool {
    R::IS_GRPC && ContentType::from_headers(headers) == ContentType::GrpcWeb
}

crate::classify::impl_classify!(GrpcServerClassifier, Side::Server, is_grpc: true);
crate::classify::impl_classify!(GrpcClientClassifier, Side::Client, is_grpc: true);
