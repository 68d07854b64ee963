//! What a service and a caller may do, to be chosen at random.

use gusset_testkit::ScriptedBody;
use http::{Method, Request, Response, StatusCode, header};
use http_body::SizeHint;
use proptest::prelude::*;
use proptest::sample::select;

/// A call: what the service does, and how far the caller goes along with it.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a model looks at all of it")]
pub struct Script {
    /// What the caller asks by.
    pub method: Method,
    /// What becomes of the service's future.
    pub service: Service,
    /// The response's status.
    pub status: StatusCode,
    /// What the response's body does.
    pub steps: Vec<Step>,
    /// The body never says `is_end_stream`.
    pub without_end_hint: bool,
    /// What `content-length` says of the body's length.
    pub header: Declared,
    /// What the body's `size_hint` says of it.
    pub hint: Declared,
    /// How often the caller polls the body before it drops it.
    pub polls: usize,
}

/// What becomes of the service's future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a model handles every case")]
pub enum Service {
    /// It answers, after as many polls.
    Answers(usize),
    /// It gives `Err`, after as many polls.
    Fails(usize),
    /// It unwinds, after as many polls.
    Unwinds(usize),
    /// The service unwinds before there is a future.
    UnwindsInCall,
    /// It never answers, and the caller drops it after as many polls.
    IsDropped(usize),
}

/// What a body does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a model handles every case")]
pub enum Step {
    /// Gives so many bytes.
    Data(usize),
    /// Is pending, once.
    Pending,
    /// Is pending for ever.
    Stall,
    /// Gives trailers.
    Trailers,
    /// Gives an error.
    Error,
    /// Unwinds.
    Panic,
}

/// What is said of a body's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a model handles every case")]
pub enum Declared {
    /// Nothing.
    Nothing,
    /// The sum of its data.
    Truth,
    /// So many bytes, true or not.
    Lie(u64),
    /// What is no number, in a header; a range, in a hint.
    Vague,
}

impl Script {
    /// The call's request.
    pub fn request(&self) -> Request<()> {
        Request::builder()
            .method(self.method.clone())
            .body(())
            .expect("a request")
    }

    /// The length that a declaration comes to.
    pub fn length(&self, declared: Declared) -> Option<u64> {
        match declared {
            Declared::Nothing | Declared::Vague => None,
            Declared::Lie(length) => Some(length),
            Declared::Truth => Some(
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

    /// The response.
    pub fn response(&self) -> Response<ScriptedBody> {
        let mut body = ScriptedBody::new();
        for step in &self.steps {
            body = match step {
                Step::Data(len) => body.data(vec![b'x'; *len]),
                Step::Pending => body.pending(),
                Step::Stall => body.pend_forever(),
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
        } else if self.hint == Declared::Vague {
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
        } else if self.header == Declared::Vague {
            let value = header::HeaderValue::from_bytes(b"1\xff").expect("opaque bytes");
            res.headers_mut().insert(header::CONTENT_LENGTH, value);
        }
        res
    }
}

/// Any script.
pub fn script() -> impl Strategy<Value = Script> {
    let heads = (method(), service(), status(), declared(), declared());
    let body = (steps(), any::<bool>(), 0..10_usize);
    (heads, body).prop_map(
        |((method, service, status, header, hint), (steps, silent, polls))| Script {
            method,
            service,
            status,
            steps,
            without_end_hint: silent,
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

fn service() -> impl Strategy<Value = Service> {
    prop_oneof![
        12 => (0..3_usize).prop_map(Service::Answers),
        1 => (0..3_usize).prop_map(Service::Fails),
        1 => (0..3_usize).prop_map(Service::Unwinds),
        1 => Just(Service::UnwindsInCall),
        1 => (0..3_usize).prop_map(Service::IsDropped),
    ]
}

fn declared() -> impl Strategy<Value = Declared> {
    prop_oneof![
        3 => Just(Declared::Nothing),
        2 => Just(Declared::Truth),
        2 => (0..12_u64).prop_map(Declared::Lie),
        1 => Just(Declared::Vague),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..6_usize).prop_map(Step::Data),
        3 => Just(Step::Pending),
        1 => Just(Step::Stall),
        1 => Just(Step::Trailers),
        1 => Just(Step::Error),
        1 => Just(Step::Panic),
    ];
    proptest::collection::vec(step, 0..6)
}
