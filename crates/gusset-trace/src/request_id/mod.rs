//! An id for each request, which its caller may choose.

mod future;
mod layer;

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tower_service::Service;

pub use self::future::WithRequestIdFuture;
pub use self::layer::RequestIdLayer;
use crate::{current, random};

/// The id of a request, in the request's extensions inside a [`RequestIdLayer`].
///
/// ```
/// # let mut request = http::Request::new(());
/// use gusset_trace::RequestId;
///
/// // In a handler.
/// if let Some(id) = request.extensions().get::<RequestId>() {
///     println!("{id}");
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId {
    value: HeaderValue,
    /// Where it is sent.
    header: Arc<HeaderName>,
}

/// A service whose requests have ids. Made by [`RequestIdLayer`].
#[derive(Clone, Debug)]
pub struct WithRequestId<S> {
    inner: S,
    header: Arc<HeaderName>,
}

/// No id of a caller's is longer.
const LONGEST: usize = 128;

/// The id of the request that is being answered on this thread; `None` outside of any
/// [`RequestIdLayer`].
///
/// ```
/// assert!(gusset_trace::current_request_id().is_none());
/// ```
pub fn current_request_id() -> Option<RequestId> {
    current::place().request_id
}

// === impl RequestId ===

impl RequestId {
    /// The id.
    pub fn as_str(&self) -> &str {
        self.value.to_str().unwrap_or_default()
    }

    /// The caller's, if it is there once and fit to be shown anywhere.
    fn of(headers: &HeaderMap, header: &Arc<HeaderName>) -> Option<Self> {
        let mut values = headers.get_all(&**header).iter();
        let value = values.next().filter(|value| is_id(value.as_bytes()))?;
        values.next().is_none().then(|| Self {
            value: value.clone(),
            header: header.clone(),
        })
    }

    /// A new one: a UUID of version 7, which sorts by time.
    fn new(header: &Arc<HeaderName>) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock before 1970 stands at 1970; ids are unlike each other all the same.
        let millis = u64::try_from(now.unwrap_or_default().as_millis()).unwrap_or_default();
        let mut bits = [0; 10];
        let (low, high) = bits.split_at_mut(8);
        low.copy_from_slice(&random::next().to_be_bytes());
        high.copy_from_slice(&random::next().to_be_bytes()[..2]);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &bits).into_uuid();
        let mut text = uuid::Uuid::encode_buffer();
        let text = id.hyphenated().encode_lower(&mut text);
        let value = HeaderValue::from_str(text).expect("digits and dashes are a header's value");
        Self {
            value,
            header: header.clone(),
        }
    }

    /// Writes it, in place of any other.
    pub(crate) fn send(&self, headers: &mut HeaderMap) {
        headers.insert(&*self.header, self.value.clone());
    }

    /// Writes it, unless one is there.
    fn echo(&self, headers: &mut HeaderMap) {
        if !headers.contains_key(&*self.header) {
            self.send(headers);
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestId").field(&self.as_str()).finish()
    }
}

/// Letters, digits and what ids are written with; nothing that a log or a shell would act on.
fn is_id(value: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:+/=@".contains(byte);
    (1..=LONGEST).contains(&value.len()) && value.iter().all(fits)
}

// === impl WithRequestId ===

impl<S, B, D> Service<Request<B>> for WithRequestId<S>
where
    S: Service<Request<B>, Response = Response<D>>,
{
    type Response = Response<D>;
    type Error = S::Error;
    type Future = WithRequestIdFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut req: Request<B>) -> Self::Future {
        let Self { inner, header } = self;
        let id = match RequestId::of(req.headers(), header) {
            Some(id) => id,
            None => {
                let id = RequestId::new(header);
                id.send(req.headers_mut());
                id
            }
        };
        req.extensions_mut().insert(id.clone());
        let mut place = current::place();
        place.request_id = Some(id.clone());
        let inner = current::scope(&mut place, || inner.call(req));
        WithRequestIdFuture { inner, place, id }
    }
}
