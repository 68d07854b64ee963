//! A response body with a fault.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::injection::Injection;
use crate::wait::{Wait, WaitEnd};
use crate::{BodyFault, InjectedErrorKind};

type BoxError = Box<dyn Error + Send + Sync>;

pin_project! {
    /// The body of a response of a layer for HTTP or gRPC: that of the service, or one with a fault.
    ///
    /// Its error is boxed, as an injected one is of another type than the service's.
    pub struct FaultBody<D> {
        // `None` for a response that the layer made.
        #[pin]
        inner: Option<D>,
        // In a box, so that a body that is not touched is not larger.
        fault: Option<Box<InjectedBody>>,
    }
}

/// The fault of a body. Dropped with it, it is not active any more.
struct InjectedBody {
    injection: Injection,
    /// What is injected yet.
    fault: Option<ActiveBodyFault>,
    /// Bytes of the service that have not been sent yet.
    rest: Bytes,
    /// How many bytes may be sent until the fault acts.
    left: u64,
    wait: Option<Wait>,
    has_yielded: bool,
}

enum ActiveBodyFault {
    /// Fails after `left` bytes.
    Fail(InjectedErrorKind),
    /// Stops after `left` bytes.
    Stall,
    /// Waits after each part of `left` bytes.
    Pause {
        part: u64,
        pause: Duration,
    },
    LoseTrailers,
}

/// The times per second that a throttled body is sent a part.
const PARTS_PER_SECOND: u32 = 20;

// === impl FaultBody ===

impl<D> FaultBody<D> {
    #[inline]
    pub(crate) fn untouched(inner: D) -> Self {
        Self {
            inner: Some(inner),
            fault: None,
        }
    }

    pub(crate) fn empty() -> Self {
        Self {
            inner: None,
            fault: None,
        }
    }

    /// Creates a body that fails before its first byte.
    pub(crate) fn aborted(injection: Injection) -> Self {
        let fault = ActiveBodyFault::Fail(InjectedErrorKind::Abort);
        Self {
            inner: None,
            fault: Some(Box::new(InjectedBody::new(injection, fault, 0))),
        }
    }

    pub(crate) fn faulty(inner: D, mut injection: Injection) -> Self {
        let (fault, left) = match injection.body.take() {
            None => return Self::untouched(inner),
            Some(BodyFault::Truncate { bytes }) => (
                ActiveBodyFault::Fail(InjectedErrorKind::TruncatedBody),
                bytes,
            ),
            Some(BodyFault::Stall { bytes }) => (ActiveBodyFault::Stall, bytes),
            Some(BodyFault::RateLimit { bytes_per_second }) => {
                let parts = PARTS_PER_SECOND.min(bytes_per_second);
                let part = u64::from(bytes_per_second / parts);
                let pause = Duration::from_secs(1) / parts;
                (ActiveBodyFault::Pause { part, pause }, part)
            }
            Some(BodyFault::LoseTrailers) => (ActiveBodyFault::LoseTrailers, u64::MAX),
        };
        Self {
            inner: Some(inner),
            fault: Some(Box::new(InjectedBody::new(injection, fault, left))),
        }
    }
}

impl<D> Body for FaultBody<D>
where
    D: Body<Data = Bytes>,
    D::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        if let Some(fault) = this.fault {
            return fault.poll_frame(this.inner, cx);
        }
        match this.inner.as_pin_mut() {
            Some(inner) => inner.poll_frame(cx).map_err(Into::into),
            None => Poll::Ready(None),
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        // A fault is met by polling, also behind the last byte.
        self.fault.is_none() && self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match (&self.inner, &self.fault) {
            // The declared length is kept, so that the client can detect what is missing.
            (Some(inner), _) => inner.size_hint(),
            (None, Some(_)) => SizeHint::new(),
            (None, None) => SizeHint::with_exact(0),
        }
    }
}

impl<D> fmt::Debug for FaultBody<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultBody")
            .field("is_faulty", &self.fault.is_some())
            .finish_non_exhaustive()
    }
}

// === impl InjectedBody ===

impl InjectedBody {
    fn new(injection: Injection, fault: ActiveBodyFault, left: u64) -> Self {
        Self {
            injection,
            fault: Some(fault),
            rest: Bytes::new(),
            left,
            wait: None,
            has_yielded: false,
        }
    }

    fn poll_frame<D>(
        &mut self,
        mut inner: Pin<&mut Option<D>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>
    where
        D: Body<Data = Bytes>,
        D::Error: Into<BoxError>,
    {
        loop {
            if let Some(wait) = &mut self.wait {
                let end = ready!(wait.poll(cx));
                self.wait = None;
                if end == WaitEnd::Released {
                    self.fault = None;
                }
            }
            match &self.fault {
                // A body that is not longer has nothing left when it is polled again.
                Some(ActiveBodyFault::Fail(kind))
                    if self.left == 0 && (!self.rest.is_empty() || inner.is_none()) =>
                {
                    // A server that buffers sends what it has when a body is pending, and not when it fails.
                    if !std::mem::replace(&mut self.has_yielded, true) {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    // The bytes of the service are dropped with what they occupy.
                    inner.set(None);
                    let error = self.injection.error(*kind);
                    self.end();
                    return Poll::Ready(Some(Err(error.into())));
                }
                Some(ActiveBodyFault::Stall) if self.left == 0 => {
                    self.wait = Some(self.injection.wait(None));
                    continue;
                }
                Some(ActiveBodyFault::Pause { part, pause }) if self.left == 0 => {
                    self.left = *part;
                    self.wait = Some(self.injection.wait(Some(*pause)));
                    continue;
                }
                _ => {}
            }
            if !self.rest.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(self.next_part()))));
            }
            let Some(body) = inner.as_mut().as_pin_mut() else {
                return Poll::Ready(None);
            };
            let frame = match ready!(body.poll_frame(cx)) {
                None => {
                    self.end();
                    return Poll::Ready(None);
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                Some(Ok(frame)) => frame,
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(_) if matches!(self.fault, Some(ActiveBodyFault::LoseTrailers)) => {
                    self.end();
                    inner.set(None);
                    return Poll::Ready(None);
                }
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
    }

    /// Takes the next bytes that may be sent.
    fn next_part(&mut self) -> Bytes {
        if self.fault.is_none() {
            return std::mem::take(&mut self.rest);
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let part = self.rest.split_to(self.rest.len().min(left));
        self.left = self.left.saturating_sub(part.len() as u64);
        part
    }

    /// Ends the fault: the body is sent, or has failed.
    fn end(&mut self) {
        self.fault = None;
        self.rest = Bytes::new();
    }
}
