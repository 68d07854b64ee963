//! The address of the peer.

use std::net::SocketAddr;

use crate::RequestHead;

/// The address of the peer of the connection that a request came by. The server adds it to the
/// request's extensions.
///
/// In axum, `ConnectInfo<SocketAddr>` does the same (feature `axum`). Other servers add this type:
///
/// ```
/// use gusset_http::{PeerAddr, RequestHead};
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(PeerAddr(([192, 0, 2, 7], 4711).into()));
/// let peer = PeerAddr::from_request(RequestHead::from(&request)).expect("it was added");
/// assert_eq!(peer.to_string(), "192.0.2.7:4711");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "an address with a name")]
pub struct PeerAddr(pub SocketAddr);

// === impl PeerAddr ===

impl PeerAddr {
    /// Returns the peer's address in the request's extensions.
    #[inline]
    pub fn from_request(req: RequestHead<'_>) -> Option<SocketAddr> {
        #[cfg(feature = "axum")]
        if let Some(info) = req
            .extensions
            .get::<axum::extract::ConnectInfo<SocketAddr>>()
        {
            return Some(info.0);
        }
        req.extensions.get::<Self>().map(|peer| peer.0)
    }
}
