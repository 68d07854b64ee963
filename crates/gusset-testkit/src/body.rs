//! A body that does what a test says.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// A body that plays a script: data, pauses, trailers, errors, panics, and hints that may lie.
///
/// ```
/// use gusset_testkit::ScriptedBody;
///
/// let body = ScriptedBody::new().data("hello").pending().error();
/// ```
#[derive(Debug, Default)]
pub struct ScriptedBody {
    steps: VecDeque<Step>,
    hint: Option<SizeHint>,
    without_end_hint: bool,
}

/// The error that a script ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScriptError;

#[derive(Debug)]
enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    Pending,
    Stall,
    Error,
    Panic,
}

// === impl ScriptedBody ===

impl ScriptedBody {
    /// A body without frames.
    pub fn new() -> Self {
        Self::default()
    }

    /// Then gives data.
    #[must_use]
    pub fn data(self, data: impl Into<Bytes>) -> Self {
        self.step(Step::Data(data.into()))
    }

    /// Then gives trailers of one field.
    #[must_use]
    pub fn trailers(self, name: &'static str, value: &'static str) -> Self {
        let mut trailers = HeaderMap::new();
        trailers.insert(name, http::HeaderValue::from_static(value));
        self.step(Step::Trailers(trailers))
    }

    /// Then is pending once, and wakes.
    #[must_use]
    pub fn pending(self) -> Self {
        self.step(Step::Pending)
    }

    /// Then is pending for ever.
    #[must_use]
    pub fn pend_forever(self) -> Self {
        self.step(Step::Stall)
    }

    /// Then fails.
    #[must_use]
    pub fn error(self) -> Self {
        self.step(Step::Error)
    }

    /// Then panics.
    #[must_use]
    pub fn panic(self) -> Self {
        self.step(Step::Panic)
    }

    /// Hints at that size, true or not.
    #[must_use]
    pub fn size_hint(mut self, hint: SizeHint) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Never says `is_end_stream`, as most streams do.
    #[must_use]
    pub fn without_end_hint(mut self) -> Self {
        self.without_end_hint = true;
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = ScriptError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ScriptError>>> {
        match self.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Step::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Step::Error) => Poll::Ready(Some(Err(ScriptError))),
            Some(Step::Panic) => panic!("scripted panic"),
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Stall) => {
                self.steps.push_front(Step::Stall);
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && !self.without_end_hint
    }

    #[allow(
        clippy::clone_on_copy,
        reason = "a hint is not `Copy` in http-body 1.0"
    )]
    fn size_hint(&self) -> SizeHint {
        self.hint.clone().unwrap_or_default()
    }
}

// === impl ScriptError ===

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scripted error")
    }
}

impl Error for ScriptError {}
