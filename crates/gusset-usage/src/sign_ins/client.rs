//! Who tries to sign in.

use std::net::{IpAddr, SocketAddr};

/// The client of a sign-in: its address, a name that the service has for it, or nothing.
///
/// ```
/// use std::net::{IpAddr, SocketAddr};
/// use gusset_usage::SignInClient;
///
/// let peer: SocketAddr = "192.0.2.7:4711".parse().unwrap();
/// assert_eq!(SignInClient::from(peer), SignInClient::from(peer.ip()));
/// assert_eq!(SignInClient::from(None::<IpAddr>), SignInClient::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInClient<'a> {
    /// The address. Behind a proxy it is `RequestAttributes::client_address`, and not that of the peer.
    Address(IpAddr),
    /// A name, for example the id of a device or of an API client.
    Name(&'a str),
    /// It is not known.
    Unknown,
}

impl From<IpAddr> for SignInClient<'_> {
    fn from(address: IpAddr) -> Self {
        Self::Address(address.to_canonical())
    }
}

impl From<SocketAddr> for SignInClient<'_> {
    /// Leaves out the port, which is another one for each connection.
    fn from(peer: SocketAddr) -> Self {
        Self::from(peer.ip())
    }
}

impl<'a> From<&'a str> for SignInClient<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a, C: Into<Self>> From<Option<C>> for SignInClient<'a> {
    fn from(client: Option<C>) -> Self {
        client.map_or(Self::Unknown, Into::into)
    }
}
