//! Who is at the other end of the connection.

use std::net::SocketAddr;

use crate::RequestHead;

/// The address at the other end of the connection that a request came by: put into the request's
/// extensions by whoever accepted it.
///
/// In axum `ConnectInfo<SocketAddr>` serves (feature `axum`). A server of one's own leaves this type:
///
/// ```
/// use gusset_http::{PeerAddr, RequestHead};
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(PeerAddr(([192, 0, 2, 7], 4711).into()));
/// let peer = PeerAddr::of(RequestHead::from(&request)).expect("it is there");
/// assert_eq!(peer.to_string(), "192.0.2.7:4711");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "an address with a name")]
pub struct PeerAddr(pub SocketAddr);

// === impl PeerAddr ===

impl PeerAddr {
    /// The address that a request bears, if any.
    #[inline]
    pub fn of(req: RequestHead<'_>) -> Option<SocketAddr> {
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
