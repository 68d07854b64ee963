//! The cases of the matrix: request, response, disconnect of the client, transport.

use std::fmt;

/// One case of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "tests make cases")]
pub struct Case {
    /// The request.
    pub request: RequestCase,
    /// The response.
    pub response: ResponseCase,
    /// When the client disconnects.
    pub disconnect: Disconnect,
    /// The protocol and the server.
    pub transport: Transport,
}

/// The request of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "every test handles every case")]
pub enum RequestCase {
    /// `GET`.
    Get,
    /// `HEAD`.
    Head,
    /// `OPTIONS`.
    Options,
    /// `POST` with a body in chunks. The service reads all of it before it responds.
    PostRead,
    /// `POST` with a body that the service drops unread.
    PostUnread,
}

/// The response of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "every test handles every case")]
pub enum ResponseCase {
    /// One chunk, with an end hint.
    Full,
    /// 200 without a body.
    Empty,
    /// A stream without an end hint, but with a `content-length`.
    LengthStream,
    /// A stream of unknown length.
    ChunkedStream,
    /// A stream of unknown length with trailers.
    Trailers,
    /// 204.
    NoContent,
    /// 304.
    NotModified,
    /// A stream that fails after one chunk.
    BodyError,
    /// The handler panics.
    HandlerPanic,
    /// A stream that panics after one chunk.
    BodyPanic,
    /// The service returns `Err`.
    ServiceError,
}

/// When a client disconnects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "every test handles every case")]
pub enum Disconnect {
    /// After the end of the response.
    Never,
    /// After the service was called, and before it responds. It would never respond.
    BeforeHeaders,
    /// After the headers, and the first chunk if there is a body. A stream would have no second chunk.
    DuringBody,
}

/// A protocol and a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "every test handles every case")]
pub enum Transport {
    /// hyper's HTTP/1 server.
    Http1,
    /// hyper's HTTP/2 server, with prior knowledge.
    Http2,
    /// `axum::serve`, over HTTP/1.
    AxumHttp1,
    /// `axum::serve`, over HTTP/2 with prior knowledge.
    AxumHttp2,
}

impl RequestCase {
    /// All requests.
    pub const ALL: [Self; 5] = [
        Self::Get,
        Self::Head,
        Self::Options,
        Self::PostRead,
        Self::PostUnread,
    ];

    /// Returns the method.
    pub fn method(self) -> http::Method {
        match self {
            Self::Get => http::Method::GET,
            Self::Head => http::Method::HEAD,
            Self::Options => http::Method::OPTIONS,
            Self::PostRead | Self::PostUnread => http::Method::POST,
        }
    }
}

impl ResponseCase {
    /// All responses.
    pub const ALL: [Self; 11] = [
        Self::Full,
        Self::Empty,
        Self::LengthStream,
        Self::ChunkedStream,
        Self::Trailers,
        Self::NoContent,
        Self::NotModified,
        Self::BodyError,
        Self::HandlerPanic,
        Self::BodyPanic,
        Self::ServiceError,
    ];
}

impl Disconnect {
    /// All times.
    pub const ALL: [Self; 3] = [Self::Never, Self::BeforeHeaders, Self::DuringBody];
}

impl Transport {
    /// Returns whether the protocol is HTTP/2.
    pub fn is_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::AxumHttp2)
    }

    /// Returns whether the server is axum.
    pub fn is_axum(self) -> bool {
        matches!(self, Self::AxumHttp1 | Self::AxumHttp2)
    }

    /// Returns the applicable cases of this transport.
    pub fn cases(self) -> impl Iterator<Item = Case> {
        self.combinations()
            .filter(|case| case.inapplicable().is_none())
    }

    fn combinations(self) -> impl Iterator<Item = Case> {
        RequestCase::ALL.into_iter().flat_map(move |request| {
            ResponseCase::ALL.into_iter().flat_map(move |response| {
                Disconnect::ALL.into_iter().map(move |disconnect| Case {
                    request,
                    response,
                    disconnect,
                    transport: self,
                })
            })
        })
    }
}

impl Case {
    /// Returns why the case does not apply.
    pub fn inapplicable(self) -> Option<&'static str> {
        if self.transport.is_axum() && self.response == ResponseCase::ServiceError {
            return Some("an axum handler is infallible");
        }
        let without_response = matches!(
            self.response,
            ResponseCase::HandlerPanic | ResponseCase::ServiceError
        );
        if without_response && self.disconnect == Disconnect::DuringBody {
            return Some("there are no response headers, and so no body");
        }
        None
    }

    /// Returns whether the client receives at least a part of a body.
    pub fn has_body(self) -> bool {
        self.request != RequestCase::Head
            && !matches!(
                self.response,
                ResponseCase::Empty | ResponseCase::NoContent | ResponseCase::NotModified
            )
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            request,
            response,
            disconnect,
            transport,
        } = self;
        write!(
            f,
            "{request:?} {response:?} {disconnect:?} over {transport:?}"
        )
    }
}
