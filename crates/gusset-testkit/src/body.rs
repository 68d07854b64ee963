//! A body that plays a script.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// A body that plays a script: data, pauses, trailers, errors, panics, and hints that may be wrong.
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
#[derive(Clone, Copy, PartialEq, Eq)]
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
    /// Creates a body without frames.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a data frame.
    #[must_use]
    pub fn data(self, data: impl Into<Bytes>) -> Self {
        self.step(Step::Data(data.into()))
    }

    /// Adds trailers with one field.
    #[must_use]
    pub fn trailers(self, name: &'static str, value: &'static str) -> Self {
        let mut trailers = HeaderMap::new();
        trailers.insert(name, http::HeaderValue::from_static(value));
        self.step(Step::Trailers(trailers))
    }

    /// Adds one pending poll, which wakes the task.
    #[must_use]
    pub fn pending(self) -> Self {
        self.step(Step::Pending)
    }

    /// Ends the script with polls that are pending forever.
    #[must_use]
    pub fn pend_forever(self) -> Self {
        self.step(Step::Stall)
    }

    /// Adds an error.
    #[must_use]
    pub fn error(self) -> Self {
        self.step(Step::Error)
    }

    /// Adds a panic.
    #[must_use]
    pub fn panic(self) -> Self {
        self.step(Step::Panic)
    }

    /// Sets the size hint, which may be wrong.
    #[must_use]
    pub fn size_hint(mut self, hint: SizeHint) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Makes `is_end_stream` always return false, as for most streams.
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

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ScriptError {}
