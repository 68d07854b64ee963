//! An id for each request, which the client may choose.

#[cfg(feature = "axum")]
mod extract;
mod future;
mod layer;
mod order;

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::Entry;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tower_service::Service;
use uuid::fmt::Hyphenated;
use uuid::{NoContext, Timestamp, Uuid};

pub use self::future::SetRequestIdFuture;
pub use self::layer::RequestIdLayer;
use crate::{RequestAttributes, RequestHead, Side};

/// The id of a request, set by a [`RequestIdLayer`].
///
/// A handler reads it with [`current_request_id`], or as an argument with axum (feature `axum`).
///
/// ```
/// // In a handler.
/// if let Some(id) = gusset_http::current_request_id() {
///     println!("{id}");
/// }
/// ```
#[derive(Clone)]
pub struct RequestId {
    /// Invariant: [`is_valid_id`] holds, so it is ASCII. One allocation, which the thread, the span and the log
    /// entry share.
    text: Arc<str>,
    /// The header that it is sent in.
    header: Arc<HeaderName>,
}

/// What a client sent.
enum Received {
    Absent,
    /// Not one valid id.
    Invalid,
    Valid(RequestId),
}

/// A service that sets the id of each request. [`RequestIdLayer`] creates it.
#[derive(Clone, Debug)]
pub struct SetRequestId<S> {
    inner: S,
    header: Arc<HeaderName>,
    in_request_header: bool,
    in_extensions: bool,
}

/// The longest id that is accepted from a client.
const MAX_ID_BYTES: usize = 128;

thread_local! {
    static CURRENT: RefCell<Option<RequestId>> = const { RefCell::new(None) };

    /// What was current before each [`RequestId::enter`], innermost last.
    static OUTER: RefCell<Vec<Option<RequestId>>> = const { RefCell::new(Vec::new()) };
}

/// Returns the id of the request that is being handled on this thread, or `None` outside of a
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

// === impl RequestAttributes ===

impl RequestAttributes<'_> {
    /// Returns the id of the request being answered on this thread, which a
    /// [`RequestIdLayer`](crate::RequestIdLayer) set. On a server without one, it is that of the request's
    /// extensions ([`RequestIdLayer::in_extensions`](crate::RequestIdLayer::in_extensions)).
    pub fn request_id(self) -> Option<RequestId> {
        let of_request = || match self.side() {
            Side::Server => self.head().extensions.get().cloned(),
            Side::Client => None,
        };
        current_request_id().or_else(of_request)
    }
}

// === impl RequestId ===

impl RequestId {
    /// Returns the id.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the id with its memory, to be kept without a copy.
    ///
    /// ```
    /// # fn keep(id: gusset_http::RequestId) {
    /// let text: std::sync::Arc<str> = id.to_shared();
    /// assert_eq!(&*text, id.as_str());
    /// # }
    /// ```
    pub fn to_shared(&self) -> Arc<str> {
        self.text.clone()
    }

    /// Reads the client's id.
    fn from_headers(headers: &HeaderMap, header: &Arc<HeaderName>) -> Received {
        let mut values = headers.get_all(&**header).iter();
        let Some(value) = values.next() else {
            return Received::Absent;
        };
        let text = value.to_str().ok();
        match text.filter(|text| is_valid_id(text.as_bytes()) && values.next().is_none()) {
            Some(text) => Received::Valid(Self::with_text(text, header)),
            None => Received::Invalid,
        }
    }

    /// Creates an id: a UUID of version 7, which sorts by time.
    fn new(header: &Arc<HeaderName>) -> Self {
        // A clock before 1970 counts as 1970. The ids are still unique.
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = Timestamp::from_unix(NoContext, now.as_secs(), now.subsec_nanos());
        let mut text = [0; Hyphenated::LENGTH];
        let text = Uuid::new_v7(now).hyphenated().encode_lower(&mut text);
        Self::with_text(text, header)
    }

    fn with_text(text: &str, header: &Arc<HeaderName>) -> Self {
        Self {
            text: text.into(),
            header: header.clone(),
        }
    }

    fn value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.text).expect("a valid id is a header's value")
    }

    /// Calls `f` with the current id, without cloning it. While `f` runs there is no current id.
    ///
    /// ```
    /// use gusset_http::RequestId;
    ///
    /// assert!(RequestId::with(|id| id.is_none()));
    /// ```
    #[inline]
    pub fn with<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        // There is usually none, which a borrow finds out without a swap.
        let is_set = |current: &RefCell<Option<Self>>| {
            let current = current.try_borrow();
            current.is_ok_and(|current| current.is_some())
        };
        if !CURRENT.try_with(is_set).unwrap_or(false) {
            return f(None);
        }
        let mut id = None;
        let current = Swapped::new(&mut id);
        f(current.0.as_ref())
    }

    /// Makes `id` the current one while `poll` runs, by a swap and without a clone. The previous one
    /// is restored when `poll` returns or unwinds.
    #[inline]
    pub fn scope<R>(id: &mut Option<Self>, poll: impl FnOnce() -> R) -> R {
        let _current = Swapped::new(id);
        poll()
    }

    /// Makes this id the current one on this thread, until [`exit`](Self::exit). For an observer's
    /// [`enter`](gusset_core::CallObserver::enter); elsewhere use [`scope`](Self::scope), which cannot be left
    /// out.
    ///
    /// ```
    /// # let mut request = http::Request::new(());
    /// # fn handle(id: gusset_http::RequestId) {
    /// id.enter();
    /// assert!(gusset_http::current_request_id().is_some());
    /// gusset_http::RequestId::exit();
    /// # }
    /// ```
    pub fn enter(self) {
        let mut outer = Some(self);
        swap(&mut outer);
        let _ = OUTER.try_with(|ids| {
            if let Ok(mut ids) = ids.try_borrow_mut() {
                ids.push(outer);
            }
        });
    }

    /// Restores the id that was current before the last [`enter`](Self::enter) on this thread.
    pub fn exit() {
        let pop = |ids: &RefCell<Vec<_>>| ids.try_borrow_mut().ok()?.pop();
        let mut outer = OUTER.try_with(pop).ok().flatten().flatten();
        swap(&mut outer);
    }

    /// Returns whether this id is the current one.
    #[inline]
    pub fn is_current(&self) -> bool {
        let is_current = |current: &RefCell<Option<Self>>| {
            let current = current.try_borrow();
            current.is_ok_and(|current| current.as_ref() == Some(self))
        };
        CURRENT.try_with(is_current).unwrap_or(false)
    }

    /// Sets the header that the id came in, for a client that forwards it. Replaces other values.
    pub fn insert_into(&self, headers: &mut HeaderMap) {
        headers.insert(&*self.header, self.value());
    }

    /// Sets the header if it is absent.
    fn insert_if_absent(&self, headers: &mut HeaderMap) {
        if let Entry::Vacant(entry) = headers.entry(&*self.header) {
            entry.insert(self.value());
        }
    }
}

impl PartialEq for RequestId {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // Usually clones of one id are compared.
        Arc::ptr_eq(&self.text, &other.text) || self.as_str() == other.as_str()
    }
}

impl Eq for RequestId {}

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

/// Swaps an id with the current one, and swaps back when it is dropped.
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
    // Only this swap runs inside, so the cell is not borrowed.
    let _ = CURRENT.try_with(|current| {
        if let Ok(mut current) = current.try_borrow_mut() {
            mem::swap(&mut *current, id);
        }
    });
}

/// Returns whether an id is short enough and made of letters, digits and common punctuation. It has
/// nothing that a log or a shell would interpret.
fn is_valid_id(value: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:+/=@".contains(byte);
    (1..=MAX_ID_BYTES).contains(&value.len()) && value.iter().all(is_allowed)
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
        let Self {
            inner,
            header,
            in_request_header,
            in_extensions,
        } = self;
        order::check(RequestHead::from(&req));
        let id = match RequestId::from_headers(req.headers(), header) {
            Received::Valid(id) => id,
            Received::Absent if !*in_request_header => RequestId::new(header),
            // A header that was received never has another id than the extension.
            Received::Absent | Received::Invalid => {
                let id = RequestId::new(header);
                id.insert_into(req.headers_mut());
                id
            }
        };
        if *in_extensions {
            req.extensions_mut().insert(id.clone());
        }
        let mut id = Some(id);
        let current = Swapped::new(&mut id);
        let inner = inner.call(req);
        drop(current);
        SetRequestIdFuture { inner, id }
    }
}
