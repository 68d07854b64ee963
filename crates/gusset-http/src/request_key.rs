//! How a request is recognised in a second layer.

use gusset_core::RequestKey;
use http::uri::PathAndQuery;
use http::{HeaderMap, Uri};

use crate::RequestHead;

/// Returns the key of a request: the address of its path, which a layer between two observers leaves
/// where it is.
///
/// Length, last bytes and method tell apart a request in memory that an earlier one within the same
/// call has left.
#[inline]
pub(crate) fn key(req: RequestHead<'_>) -> RequestKey {
    of_parts(req, req.uri)
}

/// Returns whether a request had this key before axum's `Router::nest` took a prefix off its path.
pub(crate) fn has_key(req: RequestHead<'_>, key: RequestKey) -> bool {
    original_uri(req).is_some_and(|uri| of_parts(req, uri) == key)
}

#[inline]
fn of_parts(req: RequestHead<'_>, uri: &Uri) -> RequestKey {
    // With the query, which takes fewer steps than to find its beginning.
    let path = uri.path_and_query().map_or("", PathAndQuery::as_str);
    let (buffer, tail) = match path.as_bytes() {
        // `/` is one constant for all requests.
        [] | [_] => (beside_the_path(req.headers, uri), 0),
        path => {
            let tail = path.last_chunk().map(|tail| u32::from_ne_bytes(*tail));
            let last = path[path.len() - 1];
            (path.as_ptr() as usize, tail.unwrap_or(last.into()))
        }
    };
    let method = req.method.as_str().len();
    RequestKey::new([buffer ^ path.len() << 48, tail as usize ^ method << 32])
}

/// Returns the address of the authority, or else of the first header value.
#[cold]
fn beside_the_path(headers: &HeaderMap, uri: &Uri) -> usize {
    match uri.authority() {
        Some(authority) => authority.as_str().as_ptr() as usize,
        None => headers
            .values()
            .next()
            .map_or(0, |value| value.as_bytes().as_ptr() as usize),
    }
}

#[cfg(feature = "original-uri")]
fn original_uri(req: RequestHead<'_>) -> Option<&Uri> {
    let original = req.extensions.get::<axum::extract::OriginalUri>()?;
    Some(&original.0)
}

#[cfg(not(feature = "original-uri"))]
fn original_uri(_: RequestHead<'_>) -> Option<&Uri> {
    None
}
