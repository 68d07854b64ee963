//! An id for each request, which its caller may choose.

mod future;
mod layer;

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tower_service::Service;
use uuid::{NoContext, Timestamp, Uuid};

pub use self::future::SetRequestIdFuture;
pub use self::layer::RequestIdLayer;

/// The id of a request, in the request's extensions inside a [`RequestIdLayer`].
///
/// ```
/// # let mut request = http::Request::new(());
/// use gusset_http::RequestId;
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
pub struct SetRequestId<S> {
    inner: S,
    header: Arc<HeaderName>,
}

/// No id of a caller's is longer.
const LONGEST: usize = 128;

thread_local! {
    static CURRENT: RefCell<Option<RequestId>> = const { RefCell::new(None) };
}

/// The id of the request that is being answered on this thread; `None` outside of any
/// [`RequestIdLayer`].
///
/// ```
/// assert!(gusset_http::current_request_id().is_none());
/// ```
pub fn current_request_id() -> Option<RequestId> {
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is not general enough in its lifetime"
    )]
    RequestId::with(|id| id.cloned())
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
        // A clock before 1970 stands at 1970; ids are unlike each other all the same.
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = Timestamp::from_unix(NoContext, now.as_secs(), now.subsec_nanos());
        let mut text = Uuid::encode_buffer();
        let text = Uuid::new_v7(now).hyphenated().encode_lower(&mut text);
        let value = HeaderValue::from_str(text).expect("digits and dashes are a header's value");
        Self {
            value,
            header: header.clone(),
        }
    }

    /// Looks at the current one, without cloning it. While `look` runs there is none.
    ///
    /// ```
    /// use gusset_http::RequestId;
    ///
    /// assert!(RequestId::with(|id| id.is_none()));
    /// ```
    #[inline]
    pub fn with<R>(look: impl FnOnce(Option<&Self>) -> R) -> R {
        // Most threads at most times have none: a look, and no swap.
        let is_there = |current: &RefCell<Option<Self>>| {
            let current = current.try_borrow();
            current.is_ok_and(|current| current.is_some())
        };
        if !CURRENT.try_with(is_there).unwrap_or(false) {
            return look(None);
        }
        let mut id = None;
        let current = Swapped::new(&mut id);
        look(current.0.as_ref())
    }

    /// Makes `id` the current one while `poll` runs, by a swap: no clone. What was there before comes
    /// back when it returns, and when it unwinds.
    #[inline]
    pub fn scope<R>(id: &mut Option<Self>, poll: impl FnOnce() -> R) -> R {
        let _current = Swapped::new(id);
        poll()
    }

    /// Writes it into the header that it came in, in place of any other: how a client sends it on.
    pub fn insert_into(&self, headers: &mut HeaderMap) {
        headers.insert(&*self.header, self.value.clone());
    }

    /// Writes it, unless one is there.
    fn echo(&self, headers: &mut HeaderMap) {
        if !headers.contains_key(&*self.header) {
            self.insert_into(headers);
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

/// Has changed places with the current id, and changes back when it is dropped.
struct Swapped<'a>(&'a mut Option<RequestId>);

impl<'a> Swapped<'a> {
    #[inline]
    fn new(id: &'a mut Option<RequestId>) -> Self {
        swap(id);
        Self(id)
    }
}

impl Drop for Swapped<'_> {
    #[inline]
    fn drop(&mut self) {
        swap(self.0);
    }
}

#[inline]
fn swap(id: &mut Option<RequestId>) {
    // No code of anybody else's runs inside, so the borrow is free.
    let _ = CURRENT.try_with(|current| {
        if let Ok(mut current) = current.try_borrow_mut() {
            mem::swap(&mut *current, id);
        }
    });
}

/// Letters, digits and what ids are written with; nothing that a log or a shell would act on.
fn is_id(value: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:+/=@".contains(byte);
    (1..=LONGEST).contains(&value.len()) && value.iter().all(fits)
}

// === impl SetRequestId ===

impl<S, B, D> Service<Request<B>> for SetRequestId<S>
where
    S: Service<Request<B>, Response = Response<D>>,
{
    type Response = Response<D>;
    type Error = S::Error;
    type Future = SetRequestIdFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut req: Request<B>) -> Self::Future {
        let Self { inner, header } = self;
        let id = match RequestId::of(req.headers(), header) {
            Some(id) => id,
            None => {
                let id = RequestId::new(header);
                id.insert_into(req.headers_mut());
                id
            }
        };
        req.extensions_mut().insert(id.clone());
        let mut id = Some(id);
        let inner = RequestId::scope(&mut id, || inner.call(req));
        SetRequestIdFuture { inner, id }
    }
}
