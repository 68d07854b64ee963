//! The cases of the matrix: who asks how, what is answered, when the client leaves, over what.

use std::fmt;

/// One case of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "tests make cases")]
pub struct Case {
    /// What the client asks.
    pub asks: Asks,
    /// What the service answers.
    pub answer: Answer,
    /// How long the client stays.
    pub stay: Stay,
    /// What the two talk over.
    pub over: Over,
}

/// What the client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "every test handles every case")]
pub enum Asks {
    /// `GET`.
    Get,
    /// `HEAD`.
    Head,
    /// `OPTIONS`.
    Options,
    /// `POST` with a body in pieces, which the service reads to its end before it answers.
    PostRead,
    /// `POST` with a body that the service drops unread.
    PostUnread,
}

/// What the service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "every test handles every case")]
pub enum Answer {
    /// All of the body in one piece, known to be its last.
    Full,
    /// 200 and no body.
    Empty,
    /// A stream that does not know its end, under a `content-length` that does.
    LengthStream,
    /// A stream of unknown length.
    ChunkedStream,
    /// A stream of unknown length with trailers.
    Trailers,
    /// 204.
    NoContent,
    /// 304.
    NotModified,
    /// A stream that gives a piece and then fails.
    BodyError,
    /// The handler unwinds.
    HandlerPanic,
    /// A stream that gives a piece and then unwinds.
    BodyPanic,
    /// The service gives `Err`.
    ServiceError,
}

/// How long the client stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "every test handles every case")]
pub enum Stay {
    /// Until the response ends, however it does.
    ReadsAll,
    /// The service has been called and has not answered when the client leaves; it never would.
    LeavesBeforeHead,
    /// The head and the first piece of a body, if there is one, have arrived when the client leaves;
    /// a stream would give no second piece.
    LeavesMidBody,
}

/// What client and service talk over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "every test handles every case")]
pub enum Over {
    /// hyper's HTTP/1 server.
    Http1,
    /// hyper's HTTP/2 server, with prior knowledge.
    Http2,
    /// `axum::serve`, over HTTP/1.
    AxumHttp1,
    /// `axum::serve`, over HTTP/2 with prior knowledge.
    AxumHttp2,
}

impl Asks {
    /// Every way of asking.
    pub const ALL: [Self; 5] = [
        Self::Get,
        Self::Head,
        Self::Options,
        Self::PostRead,
        Self::PostUnread,
    ];

    /// The method.
    pub fn method(self) -> http::Method {
        match self {
            Self::Get => http::Method::GET,
            Self::Head => http::Method::HEAD,
            Self::Options => http::Method::OPTIONS,
            Self::PostRead | Self::PostUnread => http::Method::POST,
        }
    }
}

impl Answer {
    /// Every answer.
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

impl Stay {
    /// Every length of stay.
    pub const ALL: [Self; 3] = [Self::ReadsAll, Self::LeavesBeforeHead, Self::LeavesMidBody];
}

impl Over {
    /// Whether HTTP/2 is spoken.
    pub fn is_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::AxumHttp2)
    }

    /// Whether axum serves.
    pub fn is_axum(self) -> bool {
        matches!(self, Self::AxumHttp1 | Self::AxumHttp2)
    }

    /// Every case over this that applies.
    pub fn cases(self) -> impl Iterator<Item = Case> {
        self.combinations()
            .filter(|case| case.inapplicable().is_none())
    }

    fn combinations(self) -> impl Iterator<Item = Case> {
        Asks::ALL.into_iter().flat_map(move |asks| {
            Answer::ALL.into_iter().flat_map(move |answer| {
                Stay::ALL.into_iter().map(move |stay| Case {
                    asks,
                    answer,
                    stay,
                    over: self,
                })
            })
        })
    }
}

impl Case {
    /// Why there is no such case.
    pub fn inapplicable(self) -> Option<&'static str> {
        if self.over.is_axum() && self.answer == Answer::ServiceError {
            return Some("the error of a handler of axum is `Infallible`: it cannot give `Err`");
        }
        let headless = matches!(self.answer, Answer::HandlerPanic | Answer::ServiceError);
        if headless && self.stay == Stay::LeavesMidBody {
            return Some("no head ever comes, so there is no body to leave in the middle of");
        }
        None
    }

    /// Whether the client gets a body, however much of it.
    pub fn has_body(self) -> bool {
        self.asks != Asks::Head
            && !matches!(
                self.answer,
                Answer::Empty | Answer::NoContent | Answer::NotModified
            )
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            asks,
            answer,
            stay,
            over,
        } = self;
        write!(f, "{asks:?} {answer:?} {stay:?} over {over:?}")
    }
}
