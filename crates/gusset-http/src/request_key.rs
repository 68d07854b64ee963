//! How a request is recognised in a second layer.

use gusset_core::RequestKey;
use http::uri::PathAndQuery;
use http::{HeaderMap, Uri};

use crate::RequestHead;

/// Returns the key of a request: the address of its path, which a layer between two observers leaves
/// where it is.
///
/// Length, first and last bytes and method tell apart a request in memory that an earlier one within
/// the same call has left.
#[inline]
pub(crate) fn key(req: RequestHead<'_>) -> RequestKey {
    of_parts(req, req.uri)
}

/// Returns whether a request had this key before axum's `Router::nest` took a prefix off its path.
pub(crate) fn has_key(req: RequestHead<'_>, key: RequestKey) -> bool {
    of_parts(req, req.original_uri()) == key
}

#[inline]
fn of_parts(req: RequestHead<'_>, uri: &Uri) -> RequestKey {
    // With the query, which takes fewer steps than to find its beginning.
    let path = uri.path_and_query().map_or("", PathAndQuery::as_str);
    let path = path.as_bytes();
    let (buffer, ends) = match path {
        // `/` is one constant for all requests.
        [] | [_] => (beside_the_path(req.headers, uri), 0),
        path => (path.as_ptr() as usize, ends(path)),
    };
    let method = req.method.as_str().len();
    RequestKey::new([buffer ^ path.len() << 48, ends as usize ^ method << 24])
}

/// Returns the first and the last eight bytes of a path, or all of a shorter one.
#[inline]
fn ends(path: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (path.first_chunk(), path.last_chunk()) {
        return u64::from_ne_bytes(*first) ^ u64::from_ne_bytes(*last).rotate_left(32);
    }
    if let (Some(first), Some(last)) = (path.first_chunk(), path.last_chunk()) {
        return u64::from(u32::from_ne_bytes(*first)) << 32 | u64::from(u32::from_ne_bytes(*last));
    }
    path.iter()
        .fold(0, |ends, &byte| ends << 8 | u64::from(byte))
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

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn ends_differ_for_paths_that_may_share_memory() {
        let paths = [
            "/a/items/1",
            "/b/items/1",
            "/a/items/2",
            "/items",
            "/order",
            "/item7",
            "/a",
            "/b",
        ];
        for (index, path) in paths.iter().enumerate() {
            let ends_of = |path: &str| ends(path.as_bytes());
            assert!(
                paths[..index]
                    .iter()
                    .all(|other| ends_of(other) != ends_of(path)),
                "{path}"
            );
        }
    }
}
