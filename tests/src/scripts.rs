//! Random behaviour of a service and its client.

use gusset_testkit::ScriptedBody;
use http::{Method, Request, Response, StatusCode, header};
use http_body::SizeHint;
use proptest::prelude::*;
use proptest::sample::select;

/// A call: the behaviour of the service, and how far the client reads.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a model reads every field")]
pub struct Script {
    /// The method of the request.
    pub method: Method,
    /// The behaviour of the service's future.
    pub service: ServiceStep,
    /// The status of the response.
    pub status: StatusCode,
    /// The behaviour of the response body.
    pub steps: Vec<Step>,
    /// Whether `is_end_stream` is always false.
    pub without_end_hint: bool,
    /// The `content-length` header.
    pub header: DeclaredLength,
    /// The `size_hint` of the body.
    pub hint: DeclaredLength,
    /// How often the client polls the body before it drops it.
    pub polls: usize,
}

/// The behaviour of a service's future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a model handles every case")]
pub enum ServiceStep {
    /// It responds after this number of polls.
    Responds(usize),
    /// It returns `Err` after this number of polls.
    Fails(usize),
    /// It panics after this number of polls.
    Panics(usize),
    /// The service panics before there is a future.
    PanicsInCall,
    /// It never responds. The client drops it after this number of polls.
    Dropped(usize),
}

/// A step of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a model handles every case")]
pub enum Step {
    /// A chunk of this size.
    Data(usize),
    /// Pending, once.
    Pending,
    /// Pending forever.
    PendForever,
    /// Trailers.
    Trailers,
    /// An error.
    Error,
    /// A panic.
    Panic,
}

/// A declared length of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a model handles every case")]
pub enum DeclaredLength {
    /// No declaration.
    Absent,
    /// The actual length.
    Correct,
    /// This length, which may be wrong.
    Fixed(u64),
    /// A header that is not a number, or a hint that is a range.
    Invalid,
}

impl Script {
    /// Returns whether the response declares its length, by its header or else by its size hint.
    pub fn declares_length(&self) -> bool {
        let known = |length: DeclaredLength| {
            matches!(length, DeclaredLength::Correct | DeclaredLength::Fixed(_))
        };
        known(self.header) || (self.header == DeclaredLength::Absent && known(self.hint))
    }

    /// Returns the request.
    pub fn request(&self) -> Request<()> {
        Request::builder()
            .method(self.method.clone())
            .body(())
            .expect("a request")
    }

    /// Returns the length that is declared.
    pub fn length(&self, declared: DeclaredLength) -> Option<u64> {
        match declared {
            DeclaredLength::Absent | DeclaredLength::Invalid => None,
            DeclaredLength::Fixed(length) => Some(length),
            DeclaredLength::Correct => Some(
                self.steps
                    .iter()
                    .map(|step| {
                        if let Step::Data(len) = step {
                            *len as u64
                        } else {
                            0
                        }
                    })
                    .sum(),
            ),
        }
    }

    /// Returns the response.
    pub fn response(&self) -> Response<ScriptedBody> {
        let mut body = ScriptedBody::new();
        for step in &self.steps {
            body = match step {
                Step::Data(len) => body.data(vec![b'x'; *len]),
                Step::Pending => body.pending(),
                Step::PendForever => body.pend_forever(),
                Step::Trailers => body.trailers("name", "value"),
                Step::Error => body.error(),
                Step::Panic => body.panic(),
            };
        }
        if self.without_end_hint {
            body = body.without_end_hint();
        }
        if let Some(length) = self.length(self.hint) {
            body = body.size_hint(SizeHint::with_exact(length));
        } else if self.hint == DeclaredLength::Invalid {
            let mut hint = SizeHint::new();
            hint.set_lower(1);
            hint.set_upper(1000);
            body = body.size_hint(hint);
        }
        let mut res = Response::new(body);
        *res.status_mut() = self.status;
        if let Some(length) = self.length(self.header) {
            res.headers_mut()
                .insert(header::CONTENT_LENGTH, length.into());
        } else if self.header == DeclaredLength::Invalid {
            let value = header::HeaderValue::from_bytes(b"1\xff").expect("opaque bytes");
            res.headers_mut().insert(header::CONTENT_LENGTH, value);
        }
        res
    }
}

/// Generates scripts.
pub fn script() -> impl Strategy<Value = Script> {
    let headers = (method(), service(), status(), declared(), declared());
    let body = (steps(), any::<bool>(), 0..10_usize);
    (headers, body).prop_map(
        |((method, service, status, header, hint), (steps, without_end_hint, polls))| Script {
            method,
            service,
            status,
            steps,
            without_end_hint,
            header,
            hint,
            polls,
        },
    )
}

fn method() -> impl Strategy<Value = Method> {
    prop_oneof![
        6 => Just(Method::GET),
        1 => Just(Method::POST),
        1 => Just(Method::HEAD),
        1 => Just(Method::CONNECT),
        1 => Just(Method::from_bytes(b"brew").expect("a token")),
    ]
}

fn status() -> impl Strategy<Value = StatusCode> {
    let others = [
        100, 101, 103, 201, 204, 206, 301, 304, 399, 400, 404, 499, 500, 503, 599, 600, 999,
    ];
    prop_oneof![2 => Just(200_u16), 1 => select(others.to_vec())]
        .prop_map(|code| StatusCode::from_u16(code).expect("three digits"))
}

fn service() -> impl Strategy<Value = ServiceStep> {
    prop_oneof![
        12 => (0..3_usize).prop_map(ServiceStep::Responds),
        1 => (0..3_usize).prop_map(ServiceStep::Fails),
        1 => (0..3_usize).prop_map(ServiceStep::Panics),
        1 => Just(ServiceStep::PanicsInCall),
        1 => (0..3_usize).prop_map(ServiceStep::Dropped),
    ]
}

fn declared() -> impl Strategy<Value = DeclaredLength> {
    prop_oneof![
        3 => Just(DeclaredLength::Absent),
        2 => Just(DeclaredLength::Correct),
        2 => (0..12_u64).prop_map(DeclaredLength::Fixed),
        1 => Just(DeclaredLength::Invalid),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..6_usize).prop_map(Step::Data),
        3 => Just(Step::Pending),
        1 => Just(Step::PendForever),
        1 => Just(Step::Trailers),
        1 => Just(Step::Error),
        1 => Just(Step::Panic),
    ];
    proptest::collection::vec(step, 0..6)
}
