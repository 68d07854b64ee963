//! What an observer sees of a message: its head, borrowed.

use http::{Extensions, HeaderMap, Method, Request, Response, StatusCode, Uri, Version};

use crate::AttributeCache;

/// The head of a request, borrowed from the message for the length of one hook.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestHead<'a> {
    /// The method, as sent: any token, so never a label as it stands.
    pub method: &'a Method,
    /// The target, as sent. Path and query are the caller's words.
    pub uri: &'a Uri,
    /// The version of the protocol.
    pub version: Version,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// What outer layers and the server left with the request.
    pub extensions: &'a Extensions,
    /// What the observers of the call have derived from it, if a driver calls them.
    pub(crate) cache: Option<&'a AttributeCache>,
}

/// The head of a response, borrowed from the message for the length of one hook.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResponseHead<'a> {
    /// The status code.
    pub status: StatusCode,
    /// The version of the protocol, as the service set it.
    pub version: Version,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// What the handler and inner layers left with the response.
    pub extensions: &'a Extensions,
    /// The length of the body, where it is declared: by `content-length`, or by an exact size.
    pub length: Option<u64>,
}

// === impl RequestHead ===

impl<'a, B> From<&'a Request<B>> for RequestHead<'a> {
    #[inline]
    fn from(req: &'a Request<B>) -> Self {
        Self {
            method: req.method(),
            uri: req.uri(),
            version: req.version(),
            headers: req.headers(),
            extensions: req.extensions(),
            cache: None,
        }
    }
}

// === impl ResponseHead ===

impl<'a, B> From<&'a Response<B>> for ResponseHead<'a> {
    #[inline]
    fn from(res: &'a Response<B>) -> Self {
        Self {
            status: res.status(),
            version: res.version(),
            headers: res.headers(),
            extensions: res.extensions(),
            length: None,
        }
    }
}
